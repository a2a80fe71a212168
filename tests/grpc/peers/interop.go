// SPDX-License-Identifier: MIT

// interop.go: grpc-go as a peer of the interop cases, with the arguments of interop.cpp. It cannot say whether a message was
// compressed, nor compress one of several: it has no case of that.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	wait     = 30 * time.Second
	echo     = "x-grpc-test-echo-initial"
	echoBin  = "x-grpc-test-echo-trailing-bin"
	largeIn  = 271828
	largeOut = 314159
)

var (
	port     = flag.String("port", "", "")
	_        = flag.Bool("use_tls", false, "")
	_        = flag.Bool("use_test_ca", false, "")
	cert     = flag.String("tls_cert_file", "", "")
	key      = flag.String("tls_key_file", "", "")
	_        = flag.String("server_host", "", "")
	to       = flag.String("server_port", "", "")
	testCase = flag.String("test_case", "", "")
	soakN    = flag.Int("soak_iterations", 10, "")
	ca       = flag.String("ca_file", "", "")
	name     = flag.String("server_host_override", "", "")
)

func zeros(n int32) *Payload { return &Payload{Body: make([]byte, n)} }

// ---- The server -----------------------------------------------------------------------------------

type service struct{ UnimplementedTestServiceServer }

func echoed(ctx context.Context) (first, last metadata.MD) {
	md, _ := metadata.FromIncomingContext(ctx)
	first, last = metadata.MD{}, metadata.MD{}
	if v := md.Get(echo); len(v) > 0 {
		first.Set(echo, v...)
	}
	if v := md.Get(echoBin); len(v) > 0 {
		last.Set(echoBin, v...)
	}
	return
}

func echoStream(s grpc.ServerStream) error {
	first, last := echoed(s.Context())
	s.SetTrailer(last)
	return s.SetHeader(first)
}

func asked(s *EchoStatus) error {
	if s.GetCode() == 0 {
		return nil
	}
	return status.Error(codes.Code(s.Code), s.Message)
}

func sendAll(send func(*StreamingOutputCallResponse) error, in *StreamingOutputCallRequest) error {
	for _, p := range in.ResponseParameters {
		time.Sleep(time.Duration(p.IntervalUs) * time.Microsecond)
		if err := send(&StreamingOutputCallResponse{Payload: zeros(p.Size)}); err != nil {
			return err
		}
	}
	return asked(in.ResponseStatus)
}

func (service) EmptyCall(context.Context, *Empty) (*Empty, error) { return &Empty{}, nil }

func (service) UnaryCall(ctx context.Context, in *SimpleRequest) (*SimpleResponse, error) {
	first, last := echoed(ctx)
	if err := grpc.SetHeader(ctx, first); err != nil {
		return nil, err
	}
	if err := grpc.SetTrailer(ctx, last); err != nil {
		return nil, err
	}
	return &SimpleResponse{Payload: zeros(in.ResponseSize)}, asked(in.ResponseStatus)
}

func (service) StreamingOutputCall(in *StreamingOutputCallRequest, s TestService_StreamingOutputCallServer) error {
	return sendAll(s.Send, in)
}

func (service) StreamingInputCall(s TestService_StreamingInputCallServer) error {
	sum := 0
	for {
		in, err := s.Recv()
		if err == io.EOF {
			return s.SendAndClose(&StreamingInputCallResponse{AggregatedPayloadSize: int32(sum)})
		}
		if err != nil {
			return err
		}
		sum += len(in.GetPayload().GetBody())
	}
}

func (service) FullDuplexCall(s TestService_FullDuplexCallServer) error {
	if err := echoStream(s); err != nil {
		return err
	}
	for {
		in, err := s.Recv()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = sendAll(s.Send, in)
		}
		if err != nil {
			return err
		}
	}
}

func serve() error {
	var how []grpc.ServerOption
	if *cert != "" {
		tls, err := credentials.NewServerTLSFromFile(*cert, *key)
		if err != nil {
			return err
		}
		how = append(how, grpc.Creds(tls))
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+*port)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	s := grpc.NewServer(how...)
	RegisterTestServiceServer(s, &service{})
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		s.Stop()
	}()
	return s.Serve(l)
}

// ---- The client: each case returns what is wrong -----------------------------------------------------

func want(is bool, what string) error {
	if is {
		return nil
	}
	return errors.New(what)
}

func wantCode(err error, code codes.Code) error {
	return want(status.Code(err) == code, fmt.Sprintf("another status: %v", err))
}

func large() *SimpleRequest { return &SimpleRequest{ResponseSize: largeOut, Payload: zeros(largeIn)} }

func output(size, payload int32) *StreamingOutputCallRequest {
	return &StreamingOutputCallRequest{ResponseParameters: []*ResponseParameters{{Size: size}}, Payload: zeros(payload)}
}

func emptyUnary(ctx context.Context, c TestServiceClient) error {
	_, err := c.EmptyCall(ctx, &Empty{})
	return err
}

func largeUnary(ctx context.Context, c TestServiceClient) error {
	out, err := c.UnaryCall(ctx, large())
	if err != nil {
		return err
	}
	return want(bytes.Equal(out.Payload.Body, make([]byte, largeOut)), "the payload")
}

func clientStreaming(ctx context.Context, c TestServiceClient) error {
	s, err := c.StreamingInputCall(ctx)
	for _, n := range []int32{27182, 8, 1828, 45904} {
		if err == nil {
			err = s.Send(&StreamingInputCallRequest{Payload: zeros(n)})
		}
	}
	if err != nil {
		return err
	}
	out, err := s.CloseAndRecv()
	if err != nil {
		return err
	}
	return want(out.AggregatedPayloadSize == 74922, "the sum")
}

func serverStreaming(ctx context.Context, c TestServiceClient) error {
	in, sizes := &StreamingOutputCallRequest{}, []int32{31415, 9, 2653, 58979}
	for _, n := range sizes {
		in.ResponseParameters = append(in.ResponseParameters, &ResponseParameters{Size: n})
	}
	s, err := c.StreamingOutputCall(ctx, in)
	if err != nil {
		return err
	}
	for _, n := range sizes {
		out, err := s.Recv()
		if err != nil {
			return err
		}
		if len(out.Payload.Body) != int(n) {
			return errors.New("the size of a message")
		}
	}
	_, err = s.Recv()
	return want(err == io.EOF, fmt.Sprint("not the end: ", err))
}

func talk(s TestService_FullDuplexCallClient, ask, answer int32) error {
	if err := s.Send(output(answer, ask)); err != nil {
		return err
	}
	out, err := s.Recv()
	if err != nil {
		return err
	}
	return want(len(out.Payload.Body) == int(answer), "the size of a message")
}

func endOf(s TestService_FullDuplexCallClient) error {
	if err := s.CloseSend(); err != nil {
		return err
	}
	_, err := s.Recv()
	return want(err == io.EOF, fmt.Sprint("not the end: ", err))
}

func pingPong(ctx context.Context, c TestServiceClient) error {
	s, err := c.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	for _, pair := range [][2]int32{{27182, 31415}, {8, 9}, {1828, 2653}, {45904, 58979}} {
		if err := talk(s, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return endOf(s)
}

func emptyStream(ctx context.Context, c TestServiceClient) error {
	s, err := c.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	return endOf(s)
}

func wantMetadata(first, last metadata.MD) error {
	a, b := first.Get(echo), last.Get(echoBin)
	return want(len(a) == 1 && a[0] == "test_initial_metadata_value" && len(b) == 1 && b[0] == "\xab\xab\xab",
		fmt.Sprint(first, last))
}

func customMetadata(ctx context.Context, c TestServiceClient) error {
	ctx = metadata.AppendToOutgoingContext(ctx, echo, "test_initial_metadata_value", echoBin, "\xab\xab\xab")
	var first, last metadata.MD
	if _, err := c.UnaryCall(ctx, large(), grpc.Header(&first), grpc.Trailer(&last)); err != nil {
		return err
	}
	if err := wantMetadata(first, last); err != nil {
		return err
	}
	s, err := c.FullDuplexCall(ctx)
	if err == nil {
		err = talk(s, largeIn, largeOut)
	}
	if err == nil {
		err = endOf(s)
	}
	if err != nil {
		return err
	}
	first, err = s.Header()
	if err != nil {
		return err
	}
	return wantMetadata(first, s.Trailer())
}

func statusComes(ctx context.Context, c TestServiceClient, text string) error {
	wanted := &EchoStatus{Code: int32(codes.Unknown), Message: text}
	_, err := c.UnaryCall(ctx, &SimpleRequest{ResponseStatus: wanted})
	if status.Code(err) != codes.Unknown || status.Convert(err).Message() != text {
		return fmt.Errorf("of a unary call: %w", err)
	}
	s, err := c.FullDuplexCall(ctx)
	if err == nil {
		err = s.Send(&StreamingOutputCallRequest{ResponseStatus: wanted})
	}
	if err != nil {
		return err
	}
	_, err = s.Recv()
	return want(status.Code(err) == codes.Unknown && status.Convert(err).Message() == text, fmt.Sprint(err))
}

func statusCodeAndMessage(ctx context.Context, c TestServiceClient) error {
	return statusComes(ctx, c, "test status message")
}

func specialStatusMessage(ctx context.Context, c TestServiceClient) error {
	return statusComes(ctx, c, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")
}

func unimplementedMethod(ctx context.Context, c TestServiceClient) error {
	_, err := c.UnimplementedCall(ctx, &Empty{})
	return wantCode(err, codes.Unimplemented)
}

func unimplementedService(ctx context.Context, _ TestServiceClient) error {
	conn, err := dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = NewUnimplementedServiceClient(conn).UnimplementedCall(ctx, &Empty{})
	return wantCode(err, codes.Unimplemented)
}

func cancelAfterBegin(ctx context.Context, c TestServiceClient) error {
	ctx, cancel := context.WithCancel(ctx)
	s, err := c.StreamingInputCall(ctx)
	cancel()
	if err != nil {
		return err
	}
	// Not CloseAndRecv(): it may still send the end of the input, and then the server's reply comes, too.
	return wantCode(s.RecvMsg(new(StreamingInputCallResponse)), codes.Canceled)
}

func cancelAfterFirstResponse(ctx context.Context, c TestServiceClient) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.FullDuplexCall(ctx)
	if err == nil {
		err = talk(s, 27182, 31415)
	}
	if err != nil {
		return err
	}
	cancel()
	_, err = s.Recv()
	return wantCode(err, codes.Canceled)
}

func timeoutOnSleepingServer(ctx context.Context, c TestServiceClient) error {
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	s, err := c.FullDuplexCall(ctx)
	if err == nil {
		_ = s.Send(&StreamingOutputCallRequest{Payload: zeros(27182)})
		_, err = s.Recv()
	}
	return wantCode(err, codes.DeadlineExceeded)
}

func concurrentLargeUnary(ctx context.Context, c TestServiceClient) error {
	var all sync.WaitGroup
	wrong := make(chan error, 100)
	for i := 0; i < cap(wrong); i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			wrong <- largeUnary(ctx, c)
		}()
	}
	all.Wait()
	close(wrong)
	for err := range wrong {
		if err != nil {
			return err
		}
	}
	return nil
}

func rpcSoak(ctx context.Context, c TestServiceClient) error {
	for i := 0; i < *soakN; i++ {
		if err := largeUnary(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func channelSoak(ctx context.Context, _ TestServiceClient) error {
	for i := 0; i < *soakN; i++ {
		conn, err := dial()
		if err == nil {
			err = largeUnary(ctx, NewTestServiceClient(conn))
			conn.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Has streams that its server sends to without end, says so, and is there when the server drains.
func drain(ctx context.Context, c TestServiceClient) error {
	const n = 100
	many := &StreamingOutputCallRequest{}
	for i := 0; i < 100000; i++ {
		many.ResponseParameters = append(many.ResponseParameters, &ResponseParameters{Size: 30000})
	}
	ends := make(chan error, n)
	streams := make([]TestService_StreamingOutputCallClient, n)
	for i := range streams { // none is read on before all have begun: the others would wait behind it
		var err error
		if streams[i], err = c.StreamingOutputCall(ctx, many); err == nil {
			_, err = streams[i].Recv()
		}
		if err != nil {
			return err
		}
	}
	fmt.Println("begun")
	for _, s := range streams {
		go func(s TestService_StreamingOutputCallClient) {
			var err error
			for err == nil {
				_, err = s.Recv()
			}
			ends <- err
		}(s)
	}
	for i := 0; i < n; i++ {
		if err := wantCode(<-ends, codes.Unavailable); err != nil {
			return err
		}
	}
	return nil
}

var cases = map[string]func(context.Context, TestServiceClient) error{
	"empty_unary": emptyUnary, "large_unary": largeUnary, "client_streaming": clientStreaming,
	"server_streaming": serverStreaming, "ping_pong": pingPong, "empty_stream": emptyStream,
	"custom_metadata": customMetadata, "status_code_and_message": statusCodeAndMessage,
	"special_status_message": specialStatusMessage, "unimplemented_method": unimplementedMethod,
	"unimplemented_service": unimplementedService, "cancel_after_begin": cancelAfterBegin,
	"cancel_after_first_response": cancelAfterFirstResponse, "timeout_on_sleeping_server": timeoutOnSleepingServer,
	"concurrent_large_unary": concurrentLargeUnary, "rpc_soak": rpcSoak, "channel_soak": channelSoak,
	"drain": drain,
}

func dial() (*grpc.ClientConn, error) {
	how := grpc.WithInsecure()
	if *ca != "" {
		tls, err := credentials.NewClientTLSFromFile(*ca, *name)
		if err != nil {
			return nil, err
		}
		how = grpc.WithTransportCredentials(tls)
	}
	return grpc.Dial("127.0.0.1:"+*to, how)
}

func call() error {
	conn, err := dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, one := range strings.Split(*testCase, ",") {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		err := cases[one](ctx, NewTestServiceClient(conn))
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func main() {
	flag.Parse()
	do := call
	if *port != "" {
		do = serve
	}
	if err := do(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
