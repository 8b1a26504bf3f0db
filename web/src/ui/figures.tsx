import type { ComponentChildren } from "preact";

/** A few numbers side by side. */
export function Figures({ children }: { readonly children: ComponentChildren }) {
  return <dl class="figures">{children}</dl>;
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  /** Which part of a whole it is, from 0 to 1, drawn below it. */
  readonly share?: number;
}

export function Figure({ name, value, share }: FigureProps) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        {value}
        {share !== undefined && (
          <span class="figure-share" aria-hidden="true">
            <span style={{ width: `${Math.round(share * 100)}%` }} />
          </span>
        )}
      </dd>
    </div>
  );
}
