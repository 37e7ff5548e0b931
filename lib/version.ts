import packageJson from "../package.json" with { type: "json" };

/** Version of disco. */
export const version: string = packageJson.version;

/** Version of the reference whose API is spoken; what clients are told that look for features by version. */
export const apiVersion = "1.14.4";
