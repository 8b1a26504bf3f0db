import { X509Certificate } from "node:crypto";
import type { Port } from "../net/one-port.ts";
import type { Part } from "../platform/config.ts";
import { limits } from "../platform/limits.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import { version } from "./version.ts";

/** Which versions run. */
export function observeBuild(metrics: Metrics): void {
  const description = { name: "veza.build.info", unit: "{process}", help: "1, with the versions that run." };
  metrics.gauge(description, { version, node: process.version }).set(1);
}

/** Until when the certificate that clients see is valid. */
export function observeCertificate(metrics: Metrics, cert: string): void {
  const until = new X509Certificate(cert).validToDate.getTime() / 1000;
  metrics.observe(
    "gauge",
    { name: "veza.certificate.expiry", unit: "s", help: "When the certificate expires, since 1970." },
    () => until,
  );
}

/** Who is connected, by port and by what is spoken. */
export function observePort(metrics: Metrics, part: Part, port: Port): void {
  metrics.observe(
    "gauge",
    { name: "veza.port.connections", unit: "{connection}", help: "Open connections, by port and version of HTTP." },
    () => {
      const { h1, h2 } = port.spoken;
      return [
        [{ port: part, protocol: "http/1.1" }, h1],
        [{ port: part, protocol: "h2" }, h2],
      ];
    },
  );
  metrics.observe(
    "gauge",
    { name: "veza.port.max_connections", unit: "{connection}", help: "How many connections a port takes." },
    () => [[{ port: part }, limits.port.connections]],
  );
}
