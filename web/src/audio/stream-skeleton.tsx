import { Skeleton } from "../ui/skeleton.tsx";

/** A page about sound before it is known what it shows. */
export function StreamSkeleton() {
  return (
    <div class="stream">
      <div class="place-head" />
      <div class="stage">
        <Skeleton label="Loading" kind="rows" count={5} />
      </div>
    </div>
  );
}
