import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";

/** A service of the contract and what answers its calls. What is missing answers `unimplemented`. */
export interface ServiceRoutes<Service extends DescService = DescService> {
  readonly service: Service;
  readonly implementation: Partial<ServiceImpl<Service>>;
}

/** Keeps the service and its implementation of one type. */
export function routes<Service extends DescService>(
  service: Service,
  implementation: Partial<ServiceImpl<Service>>,
): ServiceRoutes {
  return { service, implementation } as unknown as ServiceRoutes;
}
