/** Veza's mark, two links of a chain: the name means a bond. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="mark-ground" width="32" height="32" rx="8" />
      <circle class="mark-link" cx="12.6" cy="16" r="5.6" />
      <circle class="mark-link mark-link-far" cx="19.4" cy="16" r="5.6" />
    </svg>
  );
}
