"""A chat client in Python, over gRPC.

    npx buf build --as-file-descriptor-set -o veza.binpb
    python3 chat.py veza.binpb 127.0.0.1:8080 cleo "a long password" [ROOM]

The messages are made from the contract itself, so there is no generated code to keep up to date.
"""

import sys
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Service:
    """The calls of one service as methods: `chat.SendMessage(room_id=…, content=…)`."""

    def __init__(self, pool, channel, name):
        self.token = None
        for method in pool.FindServiceByName(name).methods_by_name.values():
            setattr(self, method.name, self._call(channel, method))

    def _call(self, channel, method):
        # Of the methods that answer with a stream, this example uses only those that follow something.
        kind = channel.unary_stream if method.name.startswith("Subscribe") else channel.unary_unary
        call = kind(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class(method.output_type).FromString,
        )
        new = message_class(method.input_type)
        return lambda **fields: call(new(**fields), metadata=self._metadata())

    def _metadata(self):
        return [("authorization", f"Bearer {self.token}")] if self.token else []


def message_class(descriptor):
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory().GetPrototype(descriptor)  # protobuf before 4.22


def read_contract(path):
    pool = descriptor_pool.DescriptorPool()
    with open(path, "rb") as file:
        for each in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
            pool.Add(each)
    return pool


def sign_in(auth, username, password):
    """Signs in; who has no account yet gets one. A client that runs for long keeps the refresh token instead."""
    try:
        return auth.Register(username=username, email=f"{username}@example.org", password=password).tokens.access_token
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.ALREADY_EXISTS:
            raise
        return auth.Login(login=username, password=password).tokens.access_token


def follow(chat, room_id, seen):
    """Prints what is said after event number `seen`, until the stream ends. Returns the last number, and how long to wait."""
    wait = 1.0
    try:
        cursor = {"room_id": room_id, "after_sequence": seen}
        for frame in chat.SubscribeToChatEvents(room_ids=[room_id], cursors=[cursor]):
            kind = frame.WhichOneof("frame")
            if kind == "event":
                seen = frame.event.sequence
                if frame.event.HasField("message_sent"):
                    message = frame.event.message_sent.message
                    print(f"{message.sender_username}: {message.content}", flush=True)
            elif kind == "closing":
                # The last frame says why, and when to come back.
                wait = frame.closing.retry_after.ToMilliseconds() / 1000
    except grpc.RpcError as error:
        print(f"cut off: {error.code().name}", file=sys.stderr)
    return seen, wait


def main(contract, address, username, password, room_id=None):
    pool = read_contract(contract)
    with grpc.insecure_channel(address) as channel:
        auth = Service(pool, channel, "veza.auth.v1.AuthService")
        chat = Service(pool, channel, "veza.chat.v1.ChatService")
        chat.token = sign_in(auth, username, password)
        if room_id is None:
            room_id = chat.CreateRoom(name="Python").room.id
        else:
            chat.JoinRoom(room_id=room_id)
        print(f"room {room_id}", flush=True)
        chat.SendMessage(room_id=room_id, content="Hello from Python")

        seen = 0
        while True:
            seen, wait = follow(chat, room_id, seen)
            time.sleep(wait)
            try:
                chat.token = sign_in(auth, username, password)
            except grpc.RpcError as error:
                print(f"not back yet: {error.code().name}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    main(*sys.argv[1:])
