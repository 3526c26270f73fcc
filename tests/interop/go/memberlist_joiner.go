// Joins an address with memberlist and prints the members: IP LABEL ADDRESS, where the first two are its own.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/memberlist"
)

func main() {
	config := memberlist.DefaultLocalConfig()
	config.Name, config.BindAddr, config.BindPort = "go", os.Args[1], 17946
	config.AdvertisePort, config.Label = config.BindPort, os.Args[2]
	config.ProtocolVersion, config.DelegateProtocolVersion = 5, 5
	config.DelegateProtocolMin, config.DelegateProtocolMax = 2, 5
	config.Logger = log.New(io.Discard, "", 0)
	list, err := memberlist.Create(config)
	if err != nil {
		panic(err)
	}
	count, _ := list.Join([]string{os.Args[3]})
	time.Sleep(time.Second)
	names := []string{}
	for _, member := range list.Members() {
		names = append(names, member.Name)
	}
	fmt.Println(count, strings.Join(names, " "))
}
