import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { readConfig } from "#src/platform/config.ts";

/** What is deployed starts: every setting that the files in deploy/ give a part is one that it takes. */

const top = new URL("../../", import.meta.url).pathname;
const read = (path: string) => readFileSync(`${top}${path}`, "utf8");

/** As docker compose puts values in the place of variables. */
const filledIn = (value: string) =>
  value.replace(/\$\{\w+:-([^}]*)\}/g, "$1").replace(/\$\{(\w+)(:\?[^}]*)?\}/g, "some-$1");

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>;
}

test("the settings of compose.yaml are those of a cluster that finds itself", () => {
  const { services } = parse(read("deploy/compose.yaml"), { merge: true }) as {
    services: Record<string, ComposeService>;
  };
  for (const part of ["gateway", "chat", "stream"]) {
    const given = Object.entries(services[part]?.environment ?? {}).map(([name, value]) => [name, filledIn(value)]);
    const config = readConfig(Object.fromEntries(given));
    expect(config.parts).toEqual([part]);
    expect(config.databaseUrl).toContain("postgres:5432");
    for (const addresses of Object.values(config.elsewhere)) {
      for (const address of addresses) expect(services).toHaveProperty(new URL(address).hostname);
    }
  }
});

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value: string }[];
          readonly ports: readonly { readonly containerPort: number }[];
        }[];
      };
    };
  };
}

test("the settings of the Kubernetes manifests are those of a cluster that finds itself", () => {
  const resources = globSync(`${top}deploy/kubernetes/base/*.yaml`).flatMap((path) =>
    parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS() as Resource),
  );
  const named = (kind: string, name: string) =>
    resources.find((each) => each.kind === kind && each.metadata.name === name);
  const trial = parse(read("deploy/kubernetes/trial/kustomization.yaml")) as {
    secretGenerator: { name: string; literals: string[] }[];
  };
  const literals = trial.secretGenerator.find(({ name }) => name === "veza")?.literals ?? [];
  const secrets = Object.fromEntries(
    literals.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  for (const part of ["gateway", "chat", "stream"] as const) {
    const [container] =
      (named("Deployment", part) ?? named("StatefulSet", part))?.spec?.template?.spec.containers ?? [];
    const own = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    const config = readConfig({ ...named("ConfigMap", "veza")?.data, ...secrets, ...own });
    expect(config.parts).toEqual([part]);
    expect(container?.ports[0]?.containerPort).toBe(config.ports[part]);
    for (const addresses of Object.values(config.elsewhere)) {
      for (const address of addresses) expect(named("Service", new URL(address).hostname)).toBeDefined();
    }
  }
});
