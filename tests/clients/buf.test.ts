import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { createBuf } from "./buf-client.ts";
import { plainPlace, tlsPlace } from "./places.ts";
import { tell } from "./story.ts";
import { writeDescriptorSet } from "./tools.ts";

let dir: string;
let schema: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "veza-buf-"));
  schema = join(dir, "veza.binpb");
  await writeDescriptorSet(schema);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

for (const protocol of ["grpc", "grpcweb", "connect"] as const) {
  tell(`buf curl in ${protocol}, with reflection`, { place: plainPlace, client: () => createBuf({ protocol }) });
}
for (const protocol of ["grpcweb", "connect"] as const) {
  tell(`buf curl in ${protocol} over HTTP/1.1`, { place: plainPlace, client: () => createBuf({ protocol, schema }) });
}
tell("buf curl in grpc over TLS", { place: tlsPlace, client: () => createBuf({ protocol: "grpc" }) });
