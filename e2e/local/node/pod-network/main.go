// Command pod-network stands in for kindnetd, which is not to be had as a Go module: from each node's podCIDR it writes
// the CNI configuration of its own node and the routes to the others. It enforces no NetworkPolicy.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/vishvananda/netlink"
)

const (
	account = "/var/run/secrets/kubernetes.io/serviceaccount/"
	file    = "/etc/cni/net.d/10-pod-network.conflist"
	conf    = `{"cniVersion":"0.3.1","name":"pod-network","plugins":[
{"type":"ptp","ipMasq":true,"ipam":{"type":"host-local","dataDir":"/run/cni-ipam-state","routes":[{"dst":"0.0.0.0/0"}],"ranges":[[{"subnet":"%s"}]]}},
{"type":"portmap","capabilities":{"portMappings":true}}]}
`
)

type nodeList struct {
	Items []struct {
		Metadata struct{ Name string }
		Spec     struct{ PodCIDR string }
		Status   struct {
			Addresses []struct{ Type, Address string }
		}
	}
}

func main() {
	pool := x509.NewCertPool()
	if ca, err := os.ReadFile(account + "ca.crt"); err != nil || !pool.AppendCertsFromPEM(ca) {
		log.Fatalf("no certificate authority: %v", err)
	}
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
	}
	server, self := "https://"+os.Getenv("CONTROL_PLANE_ENDPOINT"), os.Getenv("NODE_NAME")
	for wait := 5 * time.Second; ; time.Sleep(wait) {
		wait = 5 * time.Second
		if err := sync(client, server, self); err != nil {
			log.Print(err)
			wait = time.Second
		}
	}
}

func sync(client *http.Client, server, self string) error {
	nodes, err := list(client, server)
	if err != nil {
		return err
	}
	for _, node := range nodes.Items {
		_, cidr, err := net.ParseCIDR(node.Spec.PodCIDR)
		if err != nil {
			continue // none yet
		}
		if node.Metadata.Name == self {
			if err := configure(cidr); err != nil {
				return err
			}
			continue
		}
		for _, a := range node.Status.Addresses {
			if a.Type == "InternalIP" {
				if err := netlink.RouteReplace(&netlink.Route{Dst: cidr, Gw: net.ParseIP(a.Address)}); err != nil {
					return fmt.Errorf("route %s via %s: %w", cidr, a.Address, err)
				}
			}
		}
	}
	return nil
}

func list(client *http.Client, server string) (*nodeList, error) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodGet, server+"/api/v1/nodes", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("nodes: %s", response.Status)
	}
	nodes := &nodeList{}
	return nodes, json.NewDecoder(response.Body).Decode(nodes)
}

func configure(cidr *net.IPNet) error {
	want := fmt.Appendf(nil, conf, cidr)
	if old, _ := os.ReadFile(file); bytes.Equal(old, want) {
		return nil
	}
	if err := os.WriteFile(file+".tmp", want, 0o644); err != nil {
		return err
	}
	if err := os.Rename(file+".tmp", file); err != nil {
		return err
	}
	log.Printf("wrote %s for %s", file, cidr)
	return nil
}
