/** 812 KB, 4.2 MB: how big a file is. */
export function sizeText(bytes: bigint | number): string {
  const size = Number(bytes);
  if (size < 1000) return `${size} B`;
  if (size < 1_000_000) return `${Math.round(size / 1000)} KB`;
  const millions = size / 1_000_000;
  return millions < 1000 ? `${millions.toFixed(1)} MB` : `${(millions / 1000).toFixed(1)} GB`;
}
