import { Skeleton } from "../ui/skeleton.tsx";

/** A place before it is known what it is. */
export function PlaceSkeleton() {
  return (
    <div class="room">
      <div class="place-head" />
      <div class="place">
        <div class="log-frame">
          <div class="log">
            <Skeleton label="Loading messages" kind="messages" count={6} />
          </div>
        </div>
      </div>
    </div>
  );
}
