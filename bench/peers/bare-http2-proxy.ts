import { connect, createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { serveParent } from "../kit/serve.ts";

// node:http2 on both sides and nothing else: what passing a call on to the part at BENCH_PART_PORT costs at least. No retries, no
// pace, no word to anyone when it fails; a body goes on piece by piece, as it comes.
const part = connect(`http://127.0.0.1:${process.env.BENCH_PART_PORT}`);
const server = createServer();
server.on("stream", (stream, headers) => {
  const passed = part.request(withoutPseudo(headers, { ":method": "POST", ":path": headers[":path"] }));
  stream.on("data", (bytes: Buffer) => passed.write(bytes));
  stream.on("end", () => passed.end());
  stream.on("error", () => passed.close());
  let trailers: OutgoingHttpHeaders = {};
  passed.on("response", (given) =>
    stream.respond(withoutPseudo(given, { ":status": given[":status"] }), { waitForTrailers: true }),
  );
  passed.on("data", (bytes: Buffer) => stream.write(bytes));
  passed.on("trailers", (given) => {
    trailers = withoutPseudo(given, {});
  });
  passed.on("end", () => stream.end());
  passed.on("error", () => stream.close());
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
});

function withoutPseudo(given: IncomingHttpHeaders, begin: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const headers = begin;
  for (const name in given) if (!name.startsWith(":")) headers[name] = given[name];
  return headers;
}

await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => resolve()));
serveParent({ port: (server.address() as AddressInfo).port });
