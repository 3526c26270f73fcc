// A member that uses Serf's library in Go: NAME IP PORT [ADDRESS], where ADDRESS is that of a member to join.
//
// It reads commands, one JSON object a line, and writes answers, with the number of the command, and events.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/hashicorp/serf/serf"
)

// Byte slices are base64 in JSON.
type command struct {
	ID      int
	Do      string
	Name    string
	Payload []byte
	Tags    map[string]string
}

type event struct {
	Type    string
	Name    string   `json:",omitempty"`
	Payload []byte   `json:",omitempty"`
	Members []string `json:",omitempty"`
}

type answer struct {
	ID    int    `json:",omitempty"`
	Error string `json:",omitempty"`
	Value any    `json:",omitempty"`
	Event *event `json:",omitempty"`
}

type member struct {
	Status string
	Tags   map[string]string
}

var output sync.Mutex

func write(line answer) {
	output.Lock()
	defer output.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		panic(err)
	}
}

func main() {
	name, ip := os.Args[1], os.Args[2]
	port, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	events := make(chan serf.Event, 1024)
	config := serf.DefaultConfig()
	config.Init()
	config.NodeName = name
	config.Tags = map[string]string{"kind": "library"}
	config.EventCh = events
	config.LogOutput = io.Discard
	config.Logger = log.New(io.Discard, "", 0)
	config.MemberlistConfig = memberlist.DefaultLANConfig()
	config.MemberlistConfig.BindAddr, config.MemberlistConfig.BindPort = ip, port
	config.MemberlistConfig.AdvertisePort = port
	// What gossip misses now and then is soon made up for.
	config.MemberlistConfig.PushPullInterval = 3 * time.Second
	config.MemberlistConfig.Logger = config.Logger
	node, err := serf.Create(config)
	if err != nil {
		panic(err)
	}
	go report(name, events)
	if len(os.Args) > 4 {
		if _, err := node.Join(os.Args[4:], false); err != nil {
			panic(err)
		}
	}
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		var todo command
		if err := json.Unmarshal(input.Bytes(), &todo); err != nil {
			panic(err)
		}
		value, err := do(node, todo)
		result := answer{ID: todo.ID, Value: value}
		if err != nil {
			result.Error = err.Error()
		}
		write(result)
	}
}

// Writes what happens. A query is answered with the own name and what was asked.
func report(name string, events <-chan serf.Event) {
	for received := range events {
		seen := event{Type: received.EventType().String()}
		switch received := received.(type) {
		case serf.MemberEvent:
			for _, member := range received.Members {
				seen.Members = append(seen.Members, member.Name)
			}
		case serf.UserEvent:
			seen.Name, seen.Payload = received.Name, received.Payload
		case *serf.Query:
			seen.Name, seen.Payload = received.Name, received.Payload
			if err := received.Respond(append([]byte(name+" "), received.Payload...)); err != nil {
				seen.Type = err.Error()
			}
		}
		write(answer{Event: &seen})
	}
}

func do(node *serf.Serf, todo command) (any, error) {
	switch todo.Do {
	case "members":
		members := map[string]member{}
		for _, known := range node.Members() {
			members[known.Name] = member{known.Status.String(), known.Tags}
		}
		return members, nil
	case "event":
		return nil, node.UserEvent(todo.Name, todo.Payload, false)
	case "burst":
		for i := 0; i < 100; i++ {
			if err := node.UserEvent(todo.Name+strconv.Itoa(i), nil, false); err != nil {
				return nil, err
			}
		}
		return nil, nil
	case "query":
		return ask(node, todo)
	case "tags":
		return nil, node.SetTags(todo.Tags)
	case "force-leave":
		return nil, node.RemoveFailedNode(todo.Name)
	case "leave":
		return nil, node.Leave()
	default:
		panic(todo.Do)
	}
}

// Returns who has answered a query, and what.
func ask(node *serf.Serf, todo command) (any, error) {
	response, err := node.Query(todo.Name, todo.Payload, &serf.QueryParam{RequestAck: true, Timeout: 500 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	answers := map[string][]byte{}
	for answer := range response.ResponseCh() {
		answers[answer.From] = answer.Payload
	}
	return answers, nil
}
