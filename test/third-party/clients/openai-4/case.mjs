import OpenAI, { AzureOpenAI, toFile } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { openaiSteps } from '../../support/openai-sdk.mjs';
import { runSteps } from '../../support/steps.mjs';

const helpersOf = (client) => client.beta.chat.completions;
await runSteps(openaiSteps({ AzureOpenAI, OpenAI, toFile, zodResponseFormat, zodTextFormat, z, helpersOf }));
