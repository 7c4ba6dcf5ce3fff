// A stand-in for vLLM: the same command line, endpoints, metrics and leniency, no model. It shows
// what the machinery around an engine does when one loads, serves, hangs, lies or dies. What it
// says is made up; what it was asked to be is not: every setting it reports is the one it was given.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
)

func main() {
	debug.SetGCPercent(50)
	log.SetFlags(log.Ltime)
	log.SetPrefix("(stand-in engine, not vLLM) INFO ")
	if len(os.Args) > 1 && os.Args[1] == "stand-in-hub" {
		serveHub(os.Args[2:])
		return
	}
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		fmt.Fprintln(os.Stderr, "usage: vllm serve [MODEL] [ARGUMENT…]   (stand-in engine, not vLLM)")
		os.Exit(2)
	}
	version := os.Getenv("STAND_IN_VERSION")
	parser, err := readParser(tables(version))
	if err != nil {
		fatal(2, "STAND_IN_VERSION must name a version that there is a table of: %v", err)
	}
	arguments, err := parser.parse(os.Args[2:])
	if err != nil {
		// As argparse ends.
		fmt.Fprintf(os.Stderr, "usage: vllm serve [model_tag] [options]\nvllm serve: error: %v\n", err)
		if errors.Is(err, errHelp) {
			os.Exit(0)
		}
		os.Exit(2)
	}
	log.Printf("vLLM API server version %s", version)
	c, err := configure(version, arguments)
	if err != nil {
		fatal(1, "%v", err)
	}
	serve(c)
}

func fatal(code int, format string, values ...any) {
	fmt.Fprintf(os.Stderr, "(stand-in engine, not vLLM) ERROR "+format+"\n", values...)
	os.Exit(code)
}

// The tables lie beside the program; STAND_IN_TABLES names another folder.
func tables(version string) string {
	folder := os.Getenv("STAND_IN_TABLES")
	if folder == "" {
		self, err := os.Executable()
		if err != nil {
			fatal(2, "%v", err)
		}
		folder = filepath.Join(filepath.Dir(self), "stand-in-tables")
	}
	return filepath.Join(folder, filepath.Base(version)+".json")
}

func serve(c *config) {
	c.behaviour.beforeLoading()
	if err := c.load(); err != nil {
		fatal(1, "Engine core initialization failed. %v", err)
	}
	listenLikeAWorker()
	listener, err := c.listen()
	if err != nil {
		fatal(1, "%v", err)
	}
	c.behaviour.afterLoading()
	s := newServer(c)
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	ended := make(chan struct{})
	go func() {
		<-stop
		log.Print("Shutting down")
		seconds, _ := strconv.Atoi(c.arguments.last("--shutdown-timeout", "0"))
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		close(ended)
	}()
	log.Print("Application startup complete.")
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		fatal(1, "%v", err)
	}
	<-ended
}

// A socket has mode 0755, as vLLM's; one that is there already cannot be bound.
func (c *config) listen() (net.Listener, error) {
	if path := c.arguments.last("--uds", ""); path != "" {
		syscall.Umask(0o022)
		return net.Listen("unix", path)
	}
	host := c.arguments.last("--host", "")
	return net.Listen("tcp", net.JoinHostPort(host, c.arguments.last("--port", "8000")))
}

// vLLM's worker processes talk over TCP, on VLLM_HOST_IP or on every address.
func listenLikeAWorker() {
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("VLLM_HOST_IP"), "0"))
	if err != nil {
		fatal(1, "%v", err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	}()
}
