import { ValidateIf } from 'class-validator';

/** Absent is fine, null is not. */
export const IsOmittable = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);
