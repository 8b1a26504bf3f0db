import * as z from "zod/mini";

const url = z.url({ protocol: /^https?$/, error: "has to be an http:// or https:// address" });
const protocol = z.enum(["http/protobuf", "http/json"], { error: "Veza sends http/protobuf or http/json" });
const milliseconds = z.coerce.number().check(z.int(), z.gte(1));
const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** The variables of OpenTelemetry that Veza reads itself. Headers, timeouts and compression are its exporters' own. */
const schema = z.object({
  OTEL_SDK_DISABLED: z._default(z.string(), "false"),
  OTEL_SERVICE_NAME: z.optional(z.string()),
  OTEL_RESOURCE_ATTRIBUTES: z._default(z.string(), ""),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.optional(url),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.optional(url),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: z.optional(url),
  OTEL_EXPORTER_OTLP_PROTOCOL: z._default(protocol, "http/protobuf"),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.optional(protocol),
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: z.optional(protocol),
  OTEL_TRACES_EXPORTER: z._default(z.enum(["otlp", "none"]), "otlp"),
  OTEL_METRICS_EXPORTER: z._default(z.enum(["otlp", "none", "prometheus"]), "otlp"),
  OTEL_TRACES_SAMPLER: z._default(z.enum(samplers), "parentbased_always_on"),
  OTEL_TRACES_SAMPLER_ARG: z._default(z.coerce.number().check(z.gte(0), z.lte(1)), 1),
  OTEL_BSP_SCHEDULE_DELAY: z._default(milliseconds, 5000),
  OTEL_METRIC_EXPORT_INTERVAL: z._default(milliseconds, 60_000),
});

export interface OtlpTarget {
  readonly url: string;
  readonly protocol: z.infer<typeof protocol>;
  /** How long what is to be sent is gathered, or how often it is sent. Milliseconds. */
  readonly everyMs: number;
}

/** Where traces and metrics are sent. */
export interface OtlpConfig {
  /** Attributes of the process that were asked for. */
  readonly resource: Readonly<Record<string, string>>;
  readonly traces:
    | (OtlpTarget & { readonly sampler: (typeof samplers)[number]; readonly samplerRatio: number })
    | undefined;
  readonly metrics: OtlpTarget | undefined;
}

/** Reads the variables of OpenTelemetry: undefined when nothing is to be sent. Mistakes are added to the list. */
export function readOtlpConfig(
  environment: Readonly<Record<string, string | undefined>>,
  mistakes: string[],
): OtlpConfig | undefined {
  const names = Object.keys(schema.shape);
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => names.includes(name) && value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) mistakes.push(`${String(issue.path[0])}: ${issue.message}`);
    return undefined;
  }
  const values = parsed.data;
  if (values.OTEL_SDK_DISABLED.toLowerCase() === "true") return undefined;

  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, "");
  const under = (path: string) => (base === undefined ? undefined : `${base}${path}`);
  const tracesUrl = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? under("/v1/traces");
  const metricsUrl = values.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ?? under("/v1/metrics");
  const sendsTraces = tracesUrl !== undefined && values.OTEL_TRACES_EXPORTER === "otlp";
  const sendsMetrics = metricsUrl !== undefined && values.OTEL_METRICS_EXPORTER === "otlp";
  if (!sendsTraces && !sendsMetrics) return undefined;
  const { OTEL_EXPORTER_OTLP_PROTOCOL: usual } = values;
  return {
    resource: { ...attributesOf(values.OTEL_RESOURCE_ATTRIBUTES), ...nameOf(values.OTEL_SERVICE_NAME) },
    traces: sendsTraces
      ? {
          url: tracesUrl,
          protocol: values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? usual,
          everyMs: values.OTEL_BSP_SCHEDULE_DELAY,
          sampler: values.OTEL_TRACES_SAMPLER,
          samplerRatio: values.OTEL_TRACES_SAMPLER_ARG,
        }
      : undefined,
    metrics: sendsMetrics
      ? {
          url: metricsUrl,
          protocol: values.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL ?? usual,
          everyMs: values.OTEL_METRIC_EXPORT_INTERVAL,
        }
      : undefined,
  };
}

const nameOf = (name: string | undefined) => (name === undefined ? {} : { "service.name": name });

/** `key=value,key=value`, percent-encoded where need be. */
function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of text.split(",")) {
    const [key = "", value] = pair.split("=", 2);
    if (value !== undefined && key.trim() !== "") attributes[key.trim()] = decoded(value.trim());
  }
  return attributes;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
