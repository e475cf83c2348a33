import { formatDuration } from "../format.ts";

/** How long something runs: "47 s", "3 m 05 s", "5 h 12 m", "3 d 4 h". */
export function formatUptime(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return formatDuration(ms);
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} m` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
