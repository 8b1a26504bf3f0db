/** One bar: how high, and what it stands for. */
export interface Bar {
  readonly key: number;
  /** Zero or more. */
  readonly value: number;
  /** What it stands for, as “14:00”. */
  readonly label: string;
  /** How much it is, as “12 min”. */
  readonly text: string;
}

interface BarPlotProps {
  /** What is plotted. */
  readonly title: string;
  readonly bars: readonly Bar[];
  /** How the highest bar is said. */
  readonly highest: string;
  /** Every how many bars one is named below. */
  readonly nameEvery: number;
}

/** How something went over time: bars to look at, and the same as a table for who listens. */
export function BarPlot({ title, bars, highest, nameEvery }: BarPlotProps) {
  const top = Math.max(...bars.map(({ value }) => value));
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      <div class="plot-area" aria-hidden="true">
        <span class="plot-top">{highest}</span>
        <div class="plot-bars">
          {bars.map(({ key, value, label, text }) => (
            <span key={key} class="plot-bar" title={`${label}: ${text}`}>
              {value > 0 && <span style={{ height: `${Math.max(2, (value / top) * 100)}%` }} />}
            </span>
          ))}
        </div>
        <div class="plot-names">
          {bars.map(({ key, label }, index) => (
            <span key={key}>{index % nameEvery === 0 ? label : ""}</span>
          ))}
        </div>
      </div>
      <table class="hidden">
        <caption>{title}</caption>
        <tbody>
          {bars
            .filter(({ value }) => value > 0)
            .map(({ key, label, text }) => (
              <tr key={key}>
                <th scope="row">{label}</th>
                <td>{text}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  );
}
