import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import * as ai from 'ai';
import { z } from 'zod';
import { aiSdkSteps } from '../../support/ai-sdk.mjs';
import { runSteps } from '../../support/steps.mjs';

// This version ignores an error event of the Responses API in OpenAI's documented form.
await runSteps(aiSdkSteps({ ai, createOpenAI, createOpenAICompatible, z, readsFlatErrors: false }));
