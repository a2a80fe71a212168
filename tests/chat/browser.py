# SPDX-License-Identifier: MIT
"""Chromium through its driver, by the WebDriver protocol (W3C): JSON over plain HTTP, for which the
standard library is enough. Every wait has a deadline.
"""
import base64
import contextlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WAIT = 60  # seconds that any one wait may take
CLOSE_WAIT = 10  # seconds for a browser to end, which is killed afterwards
# Seconds for a whole test, of which each is a long story. A command to the browser has no limit of its
# own: where a machine stands still for a while, a browser begins as late.
LIMIT = 480 if os.environ.get("EDO_TEST_SANITIZER") else 240
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name for a reference
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "Shift": "\ue008",
        "Alt": "\ue00a", "Up": "\ue013", "Down": "\ue015", "Control": "\ue009", "Home": "\ue011",
        "Backspace": "\ue003"}


def missing():
    """The name of a program that is not there, or None."""
    return next((p for p in ("chromium", "chromedriver") if not shutil.which(p)), None)


class Late(Exception):
    """The test has taken too long, or is to end: nothing on the way up waits for anything more."""


def end_by_signal(number, frame):
    while frame and not frame.f_code.co_name.startswith("test_"):
        frame = frame.f_back
    where = f"in line {frame.f_lineno} of {frame.f_code.co_name}" if frame else "outside of the test"
    raise Late(f"{signal.strsignal(number)} {where}; the last command: {Driver.last}")


def begin():
    """Before the tests of a file run: skips them where there is no browser. A test that is ended from
    outside says in which step it was, and leaves no browser behind."""
    if missing():
        print(f"skipped: {missing()} is not here")
        sys.exit(77)
    os.environ.setdefault("EDO_CHAT_THREADS", "2")
    for end in signal.SIGALRM, signal.SIGTERM:
        signal.signal(end, end_by_signal)


class Driver:
    """The driver's process; its pages are browsers of their own. A context."""

    last = None  # command, as a text

    def __init__(self):
        end = time.monotonic() + WAIT
        while not (found := re.search(r"started successfully on port (\d+)", said := self.start(end))):
            self.__exit__()
            # It takes a free port of one family of addresses, and somebody may have it in the other.
            if "Exiting" not in said or time.monotonic() > end:
                raise AssertionError(f"the driver did not say its port, but {said!r}")
        self.port = int(found.group(1))

    def start(self, end):
        """Starts the process; returns what it says until it is ready, ends, or it is too late."""
        self.pages = []
        self.folder = tempfile.mkdtemp(prefix="edo-browser-")
        # A group of its own: browsers are children of the driver, and end with it.
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, start_new_session=True,
                                        env={**os.environ, "TMPDIR": self.folder})
        said = ""
        while "started successfully on port" not in said or not said.endswith("\n"):
            left = max(end - time.monotonic(), 0)
            ready, _, _ = select.select([self.process.stdout], [], [], left)
            more = os.read(self.process.stdout.fileno(), 4096).decode() if ready else ""
            if not more:
                break
            said += more
        return said

    def page(self, url, **options):
        page = Page(self, **options)
        self.pages.append(page)
        page.go(url)
        return page

    def call(self, method, path, body=None, within=LIMIT):
        """A command of the protocol; returns its value."""
        text = None if body is None else json.dumps(body)
        Driver.last = f"{method} {path} {text or ''}"[:500]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=within)
        try:
            with contextlib.closing(connection):
                connection.request(method, path, text, {"Content-Type": "application/json"})
                value = json.load(connection.getresponse())["value"]
        except TimeoutError:
            raise TimeoutError(f"no response within {within} s to {Driver.last}") from None
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{path}: {value['error']}: {value['message'][:500]}")
        return value

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            for page in self.pages:
                with contextlib.suppress(AssertionError, OSError, http.client.HTTPException):
                    page.close()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.stdout.close()
            self.process.wait(WAIT)
            shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """A browser with one page; `width` by `height` CSS pixels, of a phone if `is_phone`."""

    def __init__(self, driver, width=1280, height=800, is_phone=False, scheme="light"):
        self.driver = driver
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-extensions", "--no-first-run", "--hide-scrollbars",
                     "--disable-background-networking", "--disable-component-update",
                     "--lang=en-GB", f"--window-size={width},{height}"]
        chrome = {"args": arguments}
        if path := shutil.which("chromium"):
            chrome["binary"] = path
        wanted = {"browserName": "chrome", "goog:chromeOptions": chrome,
                  "timeouts": {"script": 1000 * LIMIT, "pageLoad": 1000 * LIMIT},
                  "goog:loggingPrefs": {"browser": "ALL"}}
        made = driver.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.path = f"/session/{made['sessionId']}"
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=is_phone)
        self.devtools("Emulation.setTouchEmulationEnabled", enabled=is_phone)
        self.set_scheme(scheme)

    def call(self, method, path, body=None, **options):
        return self.driver.call(method, self.path + path, body, **options)

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def resize(self, width, height, is_phone=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=is_phone)

    def set_scheme(self, scheme):
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def reload(self):
        self.call("POST", "/refresh", {})

    def js(self, body, *arguments):
        """Runs the body of a function there; returns what it returns."""
        return self.call("POST", "/execute/sync", {"script": body, "args": list(arguments)})

    def wait(self, what, body, *arguments):
        """Waits until that function returns something true, and returns it. It may fail as long as
        one page takes the place of another."""
        end = time.monotonic() + WAIT
        while True:
            fault = None
            try:
                if value := self.js(body, *arguments):
                    return value
            except AssertionError as error:
                fault = error
            if time.monotonic() > end:
                has = fault or self.js("return document.body.innerText")[-2000:]
                raise AssertionError(f"{what} was waited for; the page has: {has!r}")
            time.sleep(0.05)

    def layouts(self):
        """How often it has found the places of its elements so far."""
        self.devtools("Performance.enable")
        metrics = self.devtools("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "LayoutCount")

    def frames(self):
        """Waits until all that is due now has been drawn, and what listens for it was told."""
        self.js("return new Promise((done) => requestAnimationFrame("
                "() => requestAnimationFrame(() => done(true))))")

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        """Clicks there, as soon as a user could: it may be on its way in. The driver looks where it
        is, and then presses there, so a click on what moves may hit what is beside it."""
        end = time.monotonic() + WAIT
        while True:
            is_late = time.monotonic() > end
            try:
                if self.js("return document.getAnimations().length === 0") or is_late:
                    return self.call("POST", f"/element/{self.find(css)}/click", {})
            except AssertionError:
                if is_late:
                    raise
            time.sleep(0.05)

    def write(self, css, text):
        """Types into that field."""
        self.call("POST", f"/element/{self.find(css)}/value", {"text": text})

    def press(self, *keys):
        """Presses keys one after the other, wherever the focus is; "Alt+Down" holds the first."""
        actions = []
        for key in keys:
            chord = [KEYS.get(one, one) for one in (key.split("+") if len(key) > 1 else [key])]
            actions += [{"type": "keyDown", "value": one} for one in chord]
            actions += [{"type": "keyUp", "value": one} for one in reversed(chord)]
        self.call("POST", "/actions",
                  {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def type(self, text):
        """Types text wherever the focus is."""
        actions = [{"type": way, "value": c} for c in text for way in ("keyDown", "keyUp")]
        self.call("POST", "/actions",
                  {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def log(self):
        """What the browser has complained of since it was asked last."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def shot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def close(self):
        self.call("DELETE", "", within=CLOSE_WAIT)
