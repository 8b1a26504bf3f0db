"""Debian's gRPC for Python as a command: one call, whose request is JSON on standard input.

grpc_client.py DESCRIPTORS ADDRESS METHOD [--token TOKEN] [--ca FILE]

Prints each response as a line of JSON, or {"failed": {"code", "reason"}} last. DESCRIPTORS is a FileDescriptorSet.
"""

import argparse
import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

arguments = argparse.ArgumentParser()
for name in ("descriptors", "address", "method"):
    arguments.add_argument(name)
for name in ("--token", "--ca"):
    arguments.add_argument(name)
given = arguments.parse_args()

pool = descriptor_pool.DescriptorPool()
with open(given.descriptors, "rb") as file:
    for each in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
        pool.Add(each)


def message_class(descriptor):
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def named(name):
    return message_class(pool.FindMessageTypeByName(name))


def reason_of(error):
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in named("google.rpc.Status").FromString(value).details:
                if detail.type_url.endswith("/google.rpc.ErrorInfo"):
                    return named("google.rpc.ErrorInfo").FromString(detail.value).reason
    return ""


def channel():
    if given.ca is None:
        return grpc.insecure_channel(given.address)
    with open(given.ca, "rb") as file:
        return grpc.secure_channel(given.address, grpc.ssl_channel_credentials(file.read()))


service_name, method_name = given.method.split("/")
method = pool.FindServiceByName(service_name).FindMethodByName(method_name)
described = descriptor_pb2.MethodDescriptorProto()
method.CopyToProto(described)
metadata = [] if given.token is None else [("authorization", "Bearer " + given.token)]
request = json_format.Parse(sys.stdin.read(), message_class(method.input_type)())

with channel() as connection:
    shape = ("stream" if described.client_streaming else "unary") + "_" + ("stream" if described.server_streaming else "unary")
    stub = getattr(connection, shape)(
        "/" + given.method,
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=message_class(method.output_type).FromString,
    )
    try:
        answer = stub(iter([request]) if described.client_streaming else request, metadata=metadata)
        for message in answer if described.server_streaming else [answer]:
            print(json.dumps(json_format.MessageToDict(message)), flush=True)
    except grpc.RpcError as error:
        failed = {"code": error.code().name.lower(), "reason": reason_of(error)}
        print(json.dumps({"failed": failed}), flush=True)
