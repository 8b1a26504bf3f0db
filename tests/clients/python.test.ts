import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { plainPlace, tlsPlace } from "./places.ts";
import { createPython } from "./python-client.ts";
import { tell } from "./story.ts";
import { writeDescriptorSet } from "./tools.ts";

let dir: string;
let descriptors: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "veza-python-"));
  descriptors = join(dir, "veza.binpb");
  await writeDescriptorSet(descriptors);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

tell("grpcio for Python", { place: plainPlace, client: () => createPython(descriptors) });
tell("grpcio for Python over TLS", { place: tlsPlace, client: () => createPython(descriptors) });
