import type { Auth } from "../auth/index.ts";
import { createAuth } from "../auth/index.ts";
import { type Chat, createChat } from "../chat/index.ts";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import type { Config } from "../platform/config.ts";
import type { Peers } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import { createStreams, type Streams } from "../stream/index.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { peersOf } from "./peers.ts";
import { createRemoteVerifier } from "./remote-verifier.ts";

/** The services of this process, and how it reaches the others. */
export interface Services extends AsyncDisposable {
  /** Undefined for what runs elsewhere. */
  readonly auth: Auth | undefined;
  readonly chat: Chat | undefined;
  readonly streams: Streams | undefined;
  readonly peers: Peers;
  readonly verifier: TokenVerifier;
  /** False until tokens can be verified. */
  readonly canVerify: () => boolean;
}

export async function createServices(needs: {
  config: Config;
  platform: Platform;
  elsewhere: Elsewhere;
  publicUrl: () => string;
  shutdown: AbortSignal;
}): Promise<Services> {
  const { config, platform, elsewhere, publicUrl, shutdown } = needs;
  await using built = new AsyncDisposableStack();
  let found: Peers | undefined;
  const peers = (): Peers => {
    if (found === undefined) throw new Error("a service asked another before all of them were built");
    return found;
  };
  const runs = (part: Config["parts"][number]) => config.parts.includes(part);

  const auth = runs("gateway") ? built.use(await createAuth({ platform, peers })) : undefined;
  const streams = runs("stream") ? built.use(await createStreams({ platform, peers, publicUrl, shutdown })) : undefined;
  const chat = runs("chat") ? built.use(await createChat({ platform, peers, publicUrl })) : undefined;
  found = peersOf(
    { ...(auth && { auth: auth.peer }), ...(chat && { chat: chat.peer }), ...(streams && { stream: streams.peer }) },
    elsewhere,
  );
  await streams?.begin();

  const upstream = elsewhere.upstreamOf("auth");
  const remote =
    upstream === undefined ? undefined : built.use(createRemoteVerifier({ platform, auth: upstream, peers }));
  const verifier = auth?.verifier ?? remote?.verifier;
  if (verifier === undefined) throw new Error("auth runs neither here nor elsewhere");
  const running = built.move();
  return {
    auth,
    chat,
    streams,
    peers: found,
    verifier,
    canVerify: () => remote?.isReady ?? true,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
