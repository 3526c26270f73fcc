// Calls an agent with Serf's own client in Go, and prints what came back as JSON: HOST PORT OTHER TARGET.
//
// OTHER is an agent to be joined, TARGET the name of a member that has failed.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/hashicorp/serf/client"
)

// The results of calls, or their errors, by the names of the calls.
type results map[string]any

func (called results) add(name string, value any, err error) {
	if err != nil {
		value = []any{value, err.Error()}
	}
	called[name] = value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	agent, other, target := net.JoinHostPort(os.Args[1], os.Args[2]), os.Args[3], os.Args[4]
	calls, err := client.NewRPCClient(agent)
	check(err)
	called := results{}
	_, total, messages, err := calls.ListKeys()
	called.add("list-keys", []any{total, messages}, err)
	messages, err = calls.InstallKey("5K9OtfP7efFrNKe5WCQvXvnaXJ5cWP0SvXiwe0kkjM4=")
	called.add("install-key", messages, err)
	count, err := calls.Join([]string{other}, false)
	called.add("join", count, err)
	count, err = calls.Join([]string{"127.255.0.9:1"}, true)
	called.add("join-nobody", count, err)
	members, err := calls.Members()
	called.add("members", map[string]any{"Members": members}, err)
	members, err = calls.MembersFiltered(map[string]string{"kind": "a.*"}, "alive", "n.")
	called.add("members-filtered", map[string]any{"Members": members}, err)
	called.add("force-leave", nil, calls.ForceLeave(target))
	called.add("force-leave-nobody", nil, calls.ForceLeavePrune("nobody"))
	called.add("tags", nil, calls.UpdateTags(map[string]string{"new": "\xff"}, []string{"kind"}))
	stats, err := calls.Stats()
	called.add("stats", stats, err)
	called.add("new-tag", []byte(stats["tags"]["new"]), nil)
	nowhere, err := calls.GetCoordinate("nobody")
	called.add("coordinate-of-nobody", nowhere, err)
	coordinate, err := calls.GetCoordinate("n1")
	check(err)
	called.add("dimensions", len(coordinate.Vec), nil)
	called.add("streamed", stream(calls), nil)
	called.add("asked", ask(calls), nil)
	check(calls.Close())
	check(json.NewEncoder(os.Stdout).Encode(called))
}

// Sends an event and returns what a stream has of it, up to the end of the stream.
func stream(calls *client.RPCClient) []map[string]any {
	events := make(chan map[string]any, 16)
	handle, err := calls.Stream("user:hello,query:who", events)
	check(err)
	check(calls.UserEvent("hello", []byte("\x00\xff"), false))
	streamed := []map[string]any{<-events}
	acks, answers := make(chan string, 16), make(chan client.NodeResponse, 16)
	check(calls.Query(&client.QueryParam{
		FilterNodes: []string{"n1"}, Name: "who", Payload: []byte("?"), Timeout: time.Second, RequestAck: true,
		AckCh: acks, RespCh: answers,
	}))
	asked := <-events
	streamed = append(streamed, asked)
	check(calls.Respond(uint64(asked["ID"].(int64)), []byte("me")))
	answer := <-answers
	streamed = append(streamed, map[string]any{"ack": <-acks, "from": answer.From, "answer": string(answer.Payload)})
	check(calls.Stop(handle))
	delete(asked, "ID")
	return streamed
}

// Returns what is wrong with queries that cannot be sent.
func ask(calls *client.RPCClient) []string {
	problems := []string{}
	for _, query := range []client.QueryParam{
		{Name: "large", Payload: make([]byte, 2_000)},
		{Name: "_serf_private"},
		{Name: "bad", FilterTags: map[string]string{"kind": "("}, Timeout: 100 * time.Millisecond},
	} {
		problems = append(problems, fmt.Sprint(calls.Query(&query)))
	}
	return problems
}
