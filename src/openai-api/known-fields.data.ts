import type { ModelRoute } from './model-routes';

const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** What a field of a route is called in OpenAI's API, beta fields and Codex's `client_metadata` included. */
export const KNOWN_FIELDS: Readonly<Record<ModelRoute, ReadonlySet<string>>> = {
  '/chat/completions': names(`
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
    metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
    stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity
    web_search_options`),
  '/completions': names(`
    best_of echo frequency_penalty logit_bias logprobs max_tokens model n presence_penalty prompt seed stop stream
    stream_options suffix temperature top_p user`),
  '/responses': names(`
    background betas client_metadata context_management conversation include input instructions max_output_tokens max_tool_calls
    metadata model moderation multi_agent parallel_tool_calls personality previous_response_id prompt prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options
    temperature text tool_choice tools top_logprobs top_p truncation user`),
  '/responses/compact': names(`
    betas input instructions model previous_response_id prompt_cache_key prompt_cache_options prompt_cache_retention
    service_tier`),
  '/responses/input_tokens': names(`
    betas conversation input instructions model parallel_tool_calls personality previous_response_id reasoning text
    tool_choice tools truncation`),
  '/embeddings': names('dimensions encoding_format input model user'),
  '/moderations': names('input model'),
  '/images/generations': names(`
    background complexity model moderation n output_compression output_format partial_images prompt quality
    response_format size stream style user`),
  '/images/edits': names(`
    background complexity image images input_fidelity mask model moderation n output_compression output_format
    partial_images prompt quality response_format size stream user`),
  '/audio/transcriptions': names(`
    chunking_strategy file include keywords known_speaker_names known_speaker_references language languages model
    prompt response_format stream temperature timestamp_granularities`),
  '/audio/translations': names('file model prompt response_format temperature'),
  '/audio/speech': names('input instructions model response_format speed stream_format voice'),
};
