// Live sound in a browser: hearing it, and sending it.
export {
  type BroadcastEnd,
  type Broadcasting,
  type BroadcastOptions,
  type BroadcastStatus,
  broadcast,
} from "./broadcast.ts";
export {
  type AudioInput,
  type InputChoice,
  InputError,
  type InputProblem,
  listMicrophones,
  openInput,
  type Progress,
} from "./input.ts";
export { type Level, onMeter, SILENCE } from "./level.ts";
export { type ListenFigures, type Listening, type ListenOptions, type ListenStatus, listen } from "./listen.ts";
export type { ListenEnd } from "./listen-end.ts";
export { type BroadcastWay, broadcastWays, hasMicrophone, type ListenWay, listenWays } from "./ways.ts";
