/** Whether this server leads; it alone ends sessions. Without one it always does. */
export interface Leadership {
	leads(): boolean;
	/** Called after each change. */
	observe(changed: (leads: boolean) => void): void;
}
