import type { CompiledQuery } from "kysely";

class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Builds and compiles a query once, to be run many times: building one costs more than running it.
 * `build` gets a placeholder for each parameter, to be used where a value goes; the result is called with the values
 * and run with `executeQuery`.
 */
export function prepared<Parameters extends Record<string, unknown>, Row>(
  build: (parameter: Parameters) => { compile(): CompiledQuery<Row> },
): (values: Parameters) => CompiledQuery<Row> {
  let template: CompiledQuery<Row> | undefined;
  let slots: (Placeholder | unknown)[] = [];
  return (values) => {
    if (template === undefined) {
      const placeholders = new Proxy({} as Parameters, { get: (_, name) => new Placeholder(String(name)) });
      template = build(placeholders).compile();
      slots = [...template.parameters];
    }
    const parameters = slots.map((slot) => (slot instanceof Placeholder ? values[slot.name] : slot));
    return { ...template, parameters } as CompiledQuery<Row>;
  };
}
