import { Code, ConnectError } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "#gen/grpc/health/v1/health_pb.ts";
import { routes, type ServiceRoutes } from "./routes.ts";

/** Whether the services of a port are ready to be called, in the form that gRPC's own tools ask for it. */
export interface HealthState {
  /** From now on every service is `NOT_SERVING`: the process is about to stop. */
  stop(): void;
  readonly isServing: boolean;
  onChange(listener: () => void): Disposable;
}

export function createHealthState(): HealthState {
  const listeners = new Set<() => void>();
  let serving = true;
  return {
    get isServing() {
      return serving;
    },
    stop() {
      serving = false;
      for (const listener of [...listeners]) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

/** Whether services that other processes have can be called. */
export interface HealthElsewhere {
  isUp(serviceName: string): boolean;
  onChange(listener: () => void): Disposable;
}

/**
 * grpc.health.v1 for these services, by their full names. The empty name stands for the process: it serves, whatever
 * becomes of parts elsewhere.
 */
export function healthRoutes(
  serviceNames: readonly string[],
  state: HealthState,
  elsewhere?: HealthElsewhere,
): ServiceRoutes {
  const known = new Set(["", ...serviceNames]);
  const statusOf = (service: string): Status => {
    if (!known.has(service)) return Status.SERVICE_UNKNOWN;
    const isUp = service === "" || elsewhere === undefined || elsewhere.isUp(service);
    return state.isServing && isUp ? Status.SERVING : Status.NOT_SERVING;
  };
  return routes(Health, {
    check({ service }) {
      const status = statusOf(service);
      if (status === Status.SERVICE_UNKNOWN) throw new ConnectError(`${service} is not served here`, Code.NotFound);
      return { status };
    },
    list() {
      return { statuses: Object.fromEntries([...known].map((service) => [service, { status: statusOf(service) }])) };
    },
    async *watch({ service }, context) {
      let told: Status | undefined;
      while (!context.signal.aborted) {
        const change = Promise.withResolvers<void>();
        using _onChange = state.onChange(() => change.resolve());
        using _onChangeElsewhere = elsewhere?.onChange(() => change.resolve());
        const onAbort = () => change.resolve();
        context.signal.addEventListener("abort", onAbort, { once: true });
        const status = statusOf(service);
        if (status !== told) {
          told = status;
          yield { status };
        }
        if (!context.signal.aborted) await change.promise;
        context.signal.removeEventListener("abort", onAbort);
      }
    },
  });
}
