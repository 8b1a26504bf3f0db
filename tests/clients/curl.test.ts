import { createCurl } from "./curl-client.ts";
import { plainPlace, tlsPlace } from "./places.ts";
import { tell } from "./story.ts";

tell("curl over HTTP/1.1", { place: plainPlace, client: () => createCurl("--http1.1") });
tell("curl over HTTP/2 with prior knowledge", {
  place: plainPlace,
  client: () => createCurl("--http2-prior-knowledge"),
});
tell("curl over TLS, which agrees on HTTP/2", { place: tlsPlace, client: () => createCurl("--http2") });
tell("curl over TLS, which agrees on HTTP/1.1", { place: tlsPlace, client: () => createCurl("--http1.1") });
