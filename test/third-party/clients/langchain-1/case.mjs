import { HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { langchainSteps } from '../../support/langchain.mjs';
import { runSteps } from '../../support/steps.mjs';

await runSteps(langchainSteps({ ChatOpenAI, HumanMessage, OpenAIEmbeddings, tool, z }));
