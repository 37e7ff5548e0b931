import { DiscoError } from "../lib/errors.ts";
import type { Container } from "./container.ts";

/** One value of `-only` or `-exclude`. */
export interface ContainerPattern {
	readonly subject: "image" | "name" | "label";
	/** Of `label`. */
	readonly label: string;
	/** Matches the whole value. */
	readonly value: RegExp;
}

/**
 * Reads `image=GLOB`, `name=GLOB`, `label=KEY` (present) or `label=KEY=GLOB`; in a glob `*` stands for any characters and `?` for
 * one. Error: `OPTION_INVALID`, which names `option`.
 */
export function parsePattern(option: string, text: string): ContainerPattern {
	const match = /^(image|name|label)=(.+)$/s.exec(text);
	if (match?.[1] === undefined || match[2] === undefined) {
		throw new DiscoError(
			"OPTION_INVALID",
			`-${option}: "${text}" is no pattern; write image=team/*, name=web-?, label=internal or label=tier=front`,
		);
	}
	const subject = match[1] as ContainerPattern["subject"];
	if (subject !== "label") return { subject, label: "", value: globExpression(match[2]) };
	const equals = match[2].indexOf("=");
	return equals < 0
		? { subject, label: match[2], value: /^/ }
		: { subject, label: match[2].slice(0, equals), value: globExpression(match[2].slice(equals + 1)) };
}

/** Whether a container is to be registered: some pattern of `only` (if there is any) and none of `exclude` fits it. */
export function isSelected(
	container: Container,
	only: readonly ContainerPattern[],
	exclude: readonly ContainerPattern[],
): boolean {
	const fits = ({ subject, label, value }: ContainerPattern) => {
		const text = subject === "label" ? container.labels[label] : container[subject];
		return text !== undefined && value.test(text);
	};
	return (only.length === 0 || only.some(fits)) && !exclude.some(fits);
}

function globExpression(glob: string): RegExp {
	const source = glob
		.replace(/[.+^${}()|[\]\\]/g, "\\$&")
		.replaceAll("*", ".*")
		.replaceAll("?", ".");
	return new RegExp(`^${source}$`, "s");
}
