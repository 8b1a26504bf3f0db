import { describe } from "vitest";
import { clusterOfProcesses } from "../kit/cluster.ts";
import { present } from "../kit/databases.ts";
import { withoutNats } from "../kit/nats.ts";
import { instancesSuite } from "./audio/instances-suite.ts";

describe.skipIf(withoutNats || !present.includes("postgres"))("processes with PostgreSQL and NATS", () =>
  instancesSuite(clusterOfProcesses),
);
