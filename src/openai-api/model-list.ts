import { providerOf } from '../models/catalogue';
import type { ModelsService } from '../models/models.service';

/** A model as OpenAI's list has it. */
export interface ListedModel {
  id: string;
  object: 'model';
  created: number;
  owned_by: string;
}

/** No catalogue tells when a model was made; clients want a number. */
const CREATED = Date.UTC(2024, 0, 1) / 1000;

/** The models a client may ask for here, whatever else the server's own key may use. */
export function listModels(models: ModelsService): ListedModel[] {
  return models
    .allowedNames()
    .filter((name) => isServed(name, models))
    .map(toListedModel);
}

/** A model of the list, or a dated snapshot of one. */
export function findListedModel(models: ModelsService, id: string): ListedModel | undefined {
  return isServed(id, models) ? toListedModel(id) : undefined;
}

function toListedModel(id: string): ListedModel {
  return { id, object: 'model', created: CREATED, owned_by: providerOf(id) ?? 'openai' };
}

/** A list may name models of a provider whose key is not set. */
function isServed(name: string, models: ModelsService): boolean {
  try {
    models.choose(name);
    return true;
  } catch {
    return false;
  }
}
