interface SkeletonProps {
  /** What is being waited for, for those who cannot see it shimmer. */
  readonly label: string;
  readonly kind: "rows" | "messages";
  readonly count: number;
}

/** The shape of what is on its way. */
export function Skeleton({ label, kind, count }: SkeletonProps) {
  return (
    <div class={`skeleton skeleton-${kind}`} role="status">
      <span class="hidden">{label}</span>
      {Array.from({ length: count }, (_, index) => (
        <span key={index} class={`skeleton-item skeleton-width-${(index * 3) % 5}`} aria-hidden="true">
          <span class="skeleton-dot" />
          <span class="skeleton-line" />
        </span>
      ))}
    </div>
  );
}
