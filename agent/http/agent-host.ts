import { arch, cpus, freemem, hostname, platform, release, totalmem, uptime } from "node:os";
import { json, type Reply } from "./reply.ts";
import type { Context, Route } from "./route.ts";

/** `/v1/agent/host`: what support asks for first. */
export const agentHostRoutes: readonly Route[] = [
	{
		path: "/v1/agent/host",
		methods: {
			GET: {
				permission: { resource: "operator", access: "read", of: () => "" },
				handle: (_request, context) => host(context),
			},
		},
	},
];

function host({ clock }: Context): Reply {
	const total = totalmem();
	const free = freemem();
	const nowMs = clock.nowMs();
	return json({
		Memory: { total, available: free, used: total - free, usedPercent: ((total - free) / total) * 100, free },
		CPU: cpus().map(({ model, speed }, cpu) => ({ cpu, modelName: model, mhz: speed, cores: 1 })),
		Host: {
			hostname: hostname(),
			uptime: Math.round(uptime()),
			bootTime: Math.round(nowMs / 1000 - uptime()),
			os: platform(),
			platform: platform(),
			kernelVersion: release(),
			kernelArch: arch(),
		},
		Disk: null,
		// Nanoseconds, as the reference has it.
		CollectionTime: BigInt(Math.round(nowMs)) * 1_000_000n,
		Errors: null,
	});
}
