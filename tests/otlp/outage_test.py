# SPDX-License-Identifier: MIT
"""Goal: what a collector does costs no request: it refuses connections, stands, is slow, busy, is killed and comes back.
Method: the chat, the gateway and orders export to a collector of the test while customers ask. Where a request would wait
for the exporter it would do so for an hour. What does not fit is dropped and counted, memory is bounded, the log tells
of it once, what comes later arrives, and the end is in order."""
import contextlib
import http.client
import tempfile
import threading
import uuid

from outage import HOUR, Chat, Collector, Customer, Gateway, Orders, Shop, reserved, run_one, until

QUEUE = 64
LOAD = 400
RESTARTS = 5
MEMORY = 1 << 20  # bytes: far more than a full queue has, and less than the spans of a load
PATIENT = {"OTEL_EXPORTER_OTLP_TIMEOUT": HOUR, "OTEL_BSP_EXPORT_TIMEOUT": HOUR, "OTEL_BLRP_EXPORT_TIMEOUT": HOUR,
           "OTEL_BSP_MAX_QUEUE_SIZE": str(QUEUE)}
HASTY = {"OTEL_BSP_EXPORT_TIMEOUT": "1", "OTEL_BLRP_EXPORT_TIMEOUT": "1", "OTEL_BSP_SCHEDULE_DELAY": "1",
         "OTEL_BSP_MAX_QUEUE_SIZE": str(QUEUE)}


def begun(make, collector, variables):
    program = make(collector, **variables)
    until("that it serves", lambda: answers(program))
    return program


def answers(program):
    customer = Customer(program.port)
    status, _ = customer.get(program.path)
    customer.close()
    return status == 200


def without_room(make, collector):
    """Nothing is taken, and all attempts may last for an hour; so the queue gets full, and stays so."""
    program = begun(make, collector, PATIENT)
    program.serve(LOAD)
    program.held.begin()
    program.serve(4 * LOAD)
    assert program.held.grown() < MEMORY, f"{program.held.grown()} bytes more"
    if hasattr(program, "dropped"):
        assert program.dropped() >= 5 * LOAD - QUEUE
    assert not program.told(), program.errors()  # of no batch is known what becomes of it
    program.stop()
    spans = [n for n, what, _ in program.told() if what == "spans"]
    assert sum(spans) >= 5 * LOAD and len(spans) <= 2, program.errors()


def beside_a_collector_that_is_away(make):
    without_room(make, Collector())


def beside_one_that_stands(make):
    collector = Collector()
    collector.listen()
    without_room(make, collector)
    collector.die()


def beside_one_that_is_busy(make):
    """It says when it may be asked again, and is not asked before."""
    collector = Collector()
    collector.serve(status=503)
    program = begun(make, collector, PATIENT)
    until("a request", lambda: (program.serve(QUEUE), collector.requests)[1])
    program.serve(LOAD)
    program.stop()
    assert {why for _, what, why in program.told() if what == "spans"} == {"Service Unavailable"}, program.errors()
    collector.die()


def beside_one_that_is_slow(make):
    """What it takes arrives, and the rest is counted."""
    collector = Collector()
    collector.serve(pause=0.05)
    program = begun(make, collector, PATIENT)
    program.serve(LOAD)
    until("spans", collector.served)
    program.serve(LOAD)
    program.stop()
    told = sum(n for n, what, _ in program.told() if what == "spans")
    assert collector.served() + told >= 2 * LOAD, (collector.served(), told, program.errors())
    assert len(program.told()) <= 2, program.errors()
    collector.die()


def beside_one_that_is_killed_and_comes_back(make):
    collector = Collector()
    collector.serve()
    program = begun(make, collector, HASTY)
    for _ in range(2):
        until("spans", lambda: (program.serve(4), collector.served())[1])
        collector.die()
        program.serve(LOAD)
        collector.spans.clear()
        collector.serve()
    until("spans", lambda: (program.serve(4), collector.served())[1])
    assert len(program.told()) <= 2, program.errors()  # spans, events; once a minute
    program.stop()
    collector.die()


ALL = (beside_a_collector_that_is_away, beside_one_that_stands, beside_one_that_is_busy, beside_one_that_is_slow,
       beside_one_that_is_killed_and_comes_back)


def test_chat_serves_beside_a_collector_that_was_away_and_comes():
    collector = Collector()
    chat = begun(Chat, collector, HASTY)
    until("what is dropped", lambda: (chat.serve(4), chat.dropped())[1])
    until("a line of the log", chat.told)
    collector.serve()
    until("spans", lambda: (chat.serve(4), collector.served())[1])
    chat.stop()
    collector.die()


def test_under_load_the_gateway_serves_whatever_a_collector_does():
    for case in ALL:
        case(Gateway)


def test_under_load_the_chat_serves_whatever_a_collector_does():
    for case in ALL:
        case(Chat)


def ask_over_restarts(port, over, served):
    """A customer who notes the traces of requests that were responded to."""
    customer = Customer(port)
    while not over.is_set():
        trace = uuid.uuid4().hex
        with contextlib.suppress(OSError, http.client.HTTPException):  # it is being started anew
            if customer.get(Shop.path, traceparent=f"00-{trace}-00000000000000ab-01")[0] == 200:
                served.append(trace)
                continue
        customer.close()


def test_under_load_restarts_lose_no_span():
    """A drain sends what is queued: of each request that was responded to there is a span, though nothing is sent by time
    or by number."""
    collector, place = Collector(), reserved()
    port = place.getsockname()[1]
    collector.serve()
    calm = {"OTEL_BSP_SCHEDULE_DELAY": HOUR, "OTEL_BSP_MAX_QUEUE_SIZE": "1000000"}
    over, served = threading.Event(), []
    customers = [threading.Thread(target=ask_over_restarts, args=(port, over, served)) for _ in range(4)]
    for i in range(RESTARTS):
        program = Shop(collector, port, **calm)
        if i == 0:
            for customer in customers:
                customer.start()
        until("requests", lambda n=len(served): len(served) >= n + LOAD)
        program.stop()
        assert not program.told(), program.errors()
    over.set()
    for customer in customers:
        customer.join()
    lost = set(served) - collector.traces()
    assert not lost, f"{len(lost)} of {len(served)}"
    collector.die()


def orders_with(database, partner):
    def make(collector, **variables):
        program = Orders(collector, database, partner, **variables)
        program.buy()
        return program
    return make


def test_under_load_orders_serves_whatever_a_collector_does():
    import shop
    folder, database = tempfile.TemporaryDirectory(), shop.Postgres()
    partner = shop.Partner(folder.name)
    for case in ALL:
        case(orders_with(database, partner))
    partner.stop()


if __name__ == "__main__":
    run_one()
