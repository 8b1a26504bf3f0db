// A chat client in Go. It speaks the Connect protocol, which is HTTP and JSON, with the standard library only.
//
//	go run . http://127.0.0.1:8080 bob "a long password" [ROOM]
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	auth = "/veza.auth.v1.AuthService/"
	chat = "/veza.chat.v1.ChatService/"
)

// A failure as the service tells it: Code is for programs, Message for people.
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (f *failure) Error() string { return f.Code + ": " + f.Message }

type client struct{ server, token string }

func (c *client) post(method, contentType string, body []byte) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodPost, c.server+method, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	return http.DefaultClient.Do(request)
}

// call makes one call. The response is a JSON object, decoded into response.
func (c *client) call(method string, request, response any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	answer, err := c.post(method, "application/json", body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		failed := &failure{Code: answer.Status}
		_ = json.NewDecoder(answer.Body).Decode(failed)
		return failed
	}
	return json.NewDecoder(answer.Body).Decode(response)
}

type fields = map[string]any

// signIn signs in; who has no account yet gets one. A client that runs for long keeps the refresh token instead.
func (c *client) signIn(username, password string) error {
	var signedIn struct{ Tokens struct{ AccessToken string } }
	err := c.call(auth+"Register",
		fields{"username": username, "email": username + "@example.org", "password": password}, &signedIn)
	var failed *failure
	if errors.As(err, &failed) && failed.Code == "already_exists" {
		err = c.call(auth+"Login", fields{"login": username, "password": password}, &signedIn)
	}
	c.token = signedIn.Tokens.AccessToken
	return err
}

// One frame of the stream; of the kinds that there are, those that this client looks at. Numbers of 64 bits are strings.
type frame struct {
	Event *struct {
		Sequence    int64 `json:",string"`
		MessageSent *struct {
			Message struct{ SenderUsername, Content string }
		}
	}
	Closing *struct{ RetryAfter string }
}

// follow prints what is said after event number seen, until the stream ends. It returns the last number, and how long to wait.
func (c *client) follow(roomID string, seen int64) (int64, time.Duration, error) {
	wait := time.Second
	request, err := json.Marshal(fields{
		"roomIds": []string{roomID},
		"cursors": []fields{{"roomId": roomID, "afterSequence": seen}},
	})
	if err != nil {
		return seen, wait, err
	}
	// In a stream each message, also the request, has five bytes before it: flags and length.
	envelope := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(request))), request...)
	answer, err := c.post(chat+"SubscribeToChatEvents", "application/connect+json", envelope)
	if err != nil {
		return seen, wait, err
	}
	defer answer.Body.Close()
	for {
		var head [5]byte
		if _, err := io.ReadFull(answer.Body, head[:]); err != nil {
			return seen, wait, err
		}
		message := make([]byte, binary.BigEndian.Uint32(head[1:]))
		if _, err := io.ReadFull(answer.Body, message); err != nil {
			return seen, wait, err
		}
		if head[0]&2 != 0 { // The last message is no frame: it says how the stream ended.
			var end struct{ Error *failure }
			if err := json.Unmarshal(message, &end); err != nil || end.Error == nil {
				return seen, wait, err
			}
			return seen, wait, end.Error
		}
		var got frame
		if err := json.Unmarshal(message, &got); err != nil {
			return seen, wait, err
		}
		if got.Event != nil {
			seen = got.Event.Sequence
			if sent := got.Event.MessageSent; sent != nil {
				fmt.Printf("%s: %s\n", sent.Message.SenderUsername, sent.Message.Content)
			}
		}
		if got.Closing != nil { // Why the stream ends is said here, and when to come back.
			if told, err := time.ParseDuration(got.Closing.RetryAfter); err == nil {
				wait = told
			}
		}
	}
}

func main() {
	if len(os.Args) != 4 && len(os.Args) != 5 {
		log.Fatal("usage: go run . SERVER USERNAME PASSWORD [ROOM]")
	}
	c := &client{server: strings.TrimSuffix(os.Args[1], "/")}
	username, password := os.Args[2], os.Args[3]
	must(c.signIn(username, password))

	var roomID string
	if len(os.Args) == 5 {
		roomID = os.Args[4]
		must(c.call(chat+"JoinRoom", fields{"roomId": roomID}, &struct{}{}))
	} else {
		var created struct{ Room struct{ ID string } }
		must(c.call(chat+"CreateRoom", fields{"name": "Go"}, &created))
		roomID = created.Room.ID
	}
	fmt.Println("room", roomID)
	must(c.call(chat+"SendMessage", fields{"roomId": roomID, "content": "Hello from Go"}, &struct{}{}))

	var seen int64
	for {
		var wait time.Duration
		var err error
		if seen, wait, err = c.follow(roomID, seen); err != nil {
			log.Println("cut off:", err)
		}
		time.Sleep(wait)
		if err := c.signIn(username, password); err != nil {
			log.Println("not back yet:", err)
		}
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
