import { describe } from "vitest";
import { clusterInProcess } from "../kit/cluster.ts";
import { instancesSuite } from "./audio/instances-suite.ts";

describe("instances in one process", () => instancesSuite(clusterInProcess));
