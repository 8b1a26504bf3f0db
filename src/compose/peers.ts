import { AuthPeerService } from "#gen/veza/internal/v1/auth_peer_service_pb.ts";
import { ChatPeerService } from "#gen/veza/internal/v1/chat_peer_service_pb.ts";
import { StreamPeerService } from "#gen/veza/internal/v1/stream_peer_service_pb.ts";
import type { Peers } from "../platform/peers/peers.ts";
import { remoteAuthPeer } from "../rpc/peers/auth-peer.ts";
import { cacheAccounts } from "../rpc/peers/cached-accounts.ts";
import { remoteChatPeer } from "../rpc/peers/chat-peer.ts";
import { remoteStreamPeer } from "../rpc/peers/stream-peer.ts";
import type { Elsewhere } from "./elsewhere.ts";

/** What each service answers the others: those that run here by a function call, the rest by a call to their part. */
export function peersOf(here: Partial<Peers>, elsewhere: Elsewhere): Peers {
  return {
    auth: here.auth ?? cacheAccounts(remoteAuthPeer(elsewhere.clientOf("auth", AuthPeerService))),
    chat: here.chat ?? remoteChatPeer(elsewhere.clientOf("chat", ChatPeerService)),
    stream: here.stream ?? remoteStreamPeer(elsewhere.clientOf("stream", StreamPeerService)),
  };
}
