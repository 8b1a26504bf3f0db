import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { Failure, Reason } from "../platform/failure.ts";

/** A service of the contract and what answers its calls. What is missing answers `unimplemented`. */
export interface ServiceRoutes<Service extends DescService = DescService> {
  readonly service: Service;
  readonly implementation: Partial<ServiceImpl<Service>>;
}

/** The same, with an answer for every method: those that are not built yet say so, with a reason like any failure. */
export function withUnbuilt({ service, implementation }: ServiceRoutes): ServiceRoutes {
  const notBuilt = (): never => {
    throw new Failure(Reason.NOT_BUILT);
  };
  const all = Object.fromEntries(service.methods.map(({ localName }) => [localName, notBuilt]));
  return { service, implementation: { ...all, ...implementation } as Partial<ServiceImpl<DescService>> };
}

/** Keeps the service and its implementation of one type. */
export function routes<Service extends DescService>(
  service: Service,
  implementation: Partial<ServiceImpl<Service>>,
): ServiceRoutes {
  return { service, implementation } as unknown as ServiceRoutes;
}
