export type { Fields, Logger, LogLevel } from "./logger.ts";
export { createLogger, logLevels, parseLogLevel, silentLogger } from "./logger.ts";
