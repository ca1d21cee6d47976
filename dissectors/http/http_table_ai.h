/* SPDX-License-Identifier: ISC */
/*
 * Part of the table of products, see http_table.h, which includes it: what serves models, runs
 * agents or their tools, and notebooks.
 *
 * Sources: the products' public repositories and interface references.
 */
/* clang-format off */
PRODUCT(OLLAMA, "ollama", FAMILY_AI, "Ollama, which runs language models", NULL, PORTS(11434),
	"Ollama",
	REQUESTS("/api/tags", "/api/ps", "/api/show", "/api/generate", "/api/chat", "/api/pull",
		 "/api/push", "/api/create", "/api/copy", "/api/delete", "/api/embed",
		 "/api/embeddings", "/api/blobs", "/api/version")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /api/version")),
	{.pattern = "^Ollama is running", .rank = 3},
	{.pattern = "\"details\":{\"parent_model\":\"", .rank = 3},
	{.pattern = "\"model_info\":{\"general.architecture\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"models\":[]}", .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"model\":\"*\",\"created_at\":\"", .rank = 3},
	{.pattern = "^{\"model\":\"*\",\"embeddings\":[[", .rank = 3},
	{.pattern = "^{\"model\":\"*\",\"embeddings\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"status\":\"pulling manifest\"", .rank = 3},
	{.pattern = "^{\"error\":\"model '", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"system_fingerprint\":\"fp_ollama\"", .rank = 3},
	{.pattern = "\"owned_by\":\"library\"", .rank = 3},
	{.pattern = "^{\"version\":\"", .version_after = "\"version\":", .status = 200, .rank = 0,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"models\":[{\"name\":\"", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(VLLM, "vllm", FAMILY_AI, "vLLM, which serves language models", NULL, NULL, "vLLM",
	REQUESTS("/v1/models", "/v1/completions", "/v1/chat/completions")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /version"), OPEN("GET|HEAD /ping"),
	       OPEN("GET|HEAD /load"), OPEN("GET|HEAD /docs"), OPEN("GET|HEAD /openapi.json")),
	{.pattern = "\"owned_by\":\"vllm\"", .rank = 3},
	{.pattern = "# HELP vllm:", .rank = 3},
	{.pattern = "# TYPE vllm:", .rank = 3},
	{.pattern = "\"kv_transfer_params\":", .rank = 3},
	{.pattern = "\"prompt_logprobs\":", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(SGLANG, "sglang", FAMILY_AI, "SGLang, which serves language models", NULL, PORTS(30000),
	"SGLang",
	REQUESTS("/get_model_info", "/get_server_info", "/generate", "/flush_cache",
		 "/update_weights_from_disk")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /health_generate"),
	       OPEN("GET|HEAD /docs"), OPEN("GET|HEAD /openapi.json")),
	{.pattern = "\"owned_by\":\"sglang\"", .rank = 3},
	{.pattern = "# HELP sglang:", .rank = 3},
	{.pattern = "# TYPE sglang:", .rank = 3},
	{.pattern = "\"matched_stop\":", .rank = 3},
	{.pattern = "^{\"model_path\":\"*\",\"tokenizer_path\":\"", .rank = 3},
	{.pattern = "\"is_generation\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"model_path\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"meta_info\":{\"id\":\"", .rank = 3, .flags = SIGN_ASKED})

/* Its list of models looks like Ollama's, too. */
PRODUCT(LLAMA_CPP, "llama-cpp", FAMILY_AI, "llama.cpp's server of language models", NULL,
	NULL ALSO("llama.cpp", "llamacpp"), "llama.cpp",
	REQUESTS("/props", "/slots", "/completion", "/infill", "/tokenize", "/apply-template",
		 "/lora-adapters")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /v1/health")),
	{.header = "server", .pattern = "^llama.cpp", .rank = 4},
	{.pattern = "\"owned_by\":\"llamacpp\"", .rank = 4},
	{.pattern = "\"modified_at\":\"\",\"size\":\"\",\"digest\":\"\"", .rank = 4},
	{.pattern = "# HELP llamacpp:", .rank = 4},
	{.pattern = "^{\"default_generation_settings\":{", .rank = 4},
	{.pattern = "\"default_generation_settings\":{", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "\"tokens_evaluated\":", .rank = 4},
	{.pattern = "\"timings\":{\"prompt_n\":", .rank = 4},
	{.pattern = "<title>llama.cpp - ", .rank = 4})

PRODUCT(LITELLM, "litellm", FAMILY_AI, "LiteLLM, a proxy for providers of language models", NULL,
	PORTS(4000), "LiteLLM",
	REQUESTS("/key", "/model/info", "/v1/model/info", "/health/readiness",
		 "/health/liveliness", "/spend", "/user/info", "/team")
	ROUTES(OPEN("GET|HEAD /health/liveliness"), OPEN("GET|HEAD /health/liveness"),
	       OPEN("GET|HEAD /health/readiness"), OPEN("GET|HEAD /"), OPEN("GET|HEAD /docs"),
	       OPEN("GET|HEAD /openapi.json")),
	{.header = "x-litellm-version", .version_after = "", .rank = 4},
	{.header = "x-litellm-call-id", .rank = 4},
	{.header = "x-litellm-model-id", .rank = 4},
	{.pattern = "\"litellm_version\":\"", .version_after = "\"litellm_version\":", .rank = 4},
	{.pattern = "\"litellm_params\":{", .rank = 4},
	{.pattern = "<title>LiteLLM API", .rank = 4},
	{.pattern = "LiteLLM Virtual Key expected", .rank = 4, .auth = AUTH_REQUIRED},
	{.pattern = "\"message\":\"Authentication Error, No api key passed in.", .rank = 4,
	 .auth = AUTH_REQUIRED})

PRODUCT(TRITON, "triton", FAMILY_AI, "Triton, which serves models", NULL, NULL, "Triton",
	REQUESTS("/v2/health/ready", "/v2/health/live")
	ROUTES(OPEN("GET|HEAD /v2"), OPEN("GET|HEAD /v2/health/...")),
	{.pattern = "^{\"name\":\"triton\",\"version\":\"", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "# HELP nv_inference_", .rank = 3},
	{.pattern = "\"platform\":\"*\",\"backend\":\"*\",\"version_policy\":{", .rank = 3},
	{.pattern = "^[{\"name\":\"*\",\"version\":\"*\",\"state\":\"READY\"", .rank = 3},
	{.pattern = "^{\"error\":\"Request for unknown model", .rank = 3},
	/* Other servers of the same interface (Open Inference Protocol) answer these alike. */
	{.asks = ASKS_GET, .status = 200, .rank = 2,
	 .flags = SIGN_ASKED | SIGN_NAMELESS | SIGN_EMPTY})

PRODUCT(N8N, "n8n", FAMILY_AI, "n8n, which automates work with credentials of its own", NULL,
	PORTS(5678), "n8n",
	REQUESTS("/rest/workflows", "/rest/credentials", "/rest/executions") SHELL
	ROUTES(OPEN("GET|HEAD /rest/settings"), OPEN("GET|HEAD /rest/sso/..."),
	       OPEN("GET|HEAD /types/..."), OPEN("GET|HEAD /assets/..."),
	       OPEN("GET|HEAD /static/..."), OPEN("GET|HEAD /setup")),
	{.pattern = "\"versionCli\":\"", .version_after = "\"versionCli\":", .rank = 3},
	{.pattern = "<title>n8n.io - Workflow", .rank = 3},
	{.header = "set-cookie", .pattern = "^n8n-auth=", .rank = 3},
	{.pattern = "\"type\":\"n8n-nodes-base.", .rank = 3},
	{.pattern = "\"name\":\"n8n-nodes-base.", .rank = 3},
	{.pattern = "'X-N8N-API-KEY' header required", .rank = 3, .auth = AUTH_REQUIRED},
	{.pattern = "\"message\":\"The requested webhook ", .rank = 3},
	{.pattern = "^{\"count\":*,\"data\":[", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"homeProject\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"status\":\"error\",\"message\":\"Unauthorized\"", .status = 401, .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "<title>n8n - Workflow", .rank = 3},
	{.pattern = "^{\"data\":[{\"id\":\"", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"data\":{\"count\":", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"data\":{\"results\":[", .status = 200, .rank = 3, .flags = SIGN_ASKED})

/* Its first name was Clawdbot. */
PRODUCT(OPENCLAW, "openclaw", FAMILY_AI, "OpenClaw, an agent with a shell and files", NULL,
	PORTS(18789), "OpenClaw",
	REQUESTS("!/__openclaw__", "/__clawdbot__") SHELL
	ROUTES(OPEN("GET|HEAD /")),
	{.pattern = "<title>OpenClaw Control", .rank = 3},
	{.pattern = "<title>Clawdbot Control", .rank = 3},
	{.pattern = "<title>Moltbot Control", .rank = 3},
	{.pattern = "openclaw", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "clawdbot", .status = 200, .rank = 3, .flags = SIGN_ASKED})

/* Requests and answers: http_mcp.h. */
PRODUCT(MCP, "mcp", FAMILY_AI, "MCP: tools that models may call, and who asks", NULL, NULL MET,
	"MCP server",
	REQUESTS("mcp-session-id: ", "mcp-protocol-version: ",
		 "accept: application/json, text/event-stream", "/message", "/messages", "/mcp"),
	{.header = "mcp-session-id", .rank = 3},
	{.pattern = "\"protocolVersion\":\"20", .status = 200, .rank = 3},
	{.pattern = "\"inputSchema\":{", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"result\":{\"content\":[{\"type\":\"", .status = 200, .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^event: endpoint data: ", .status = 200, .rank = 3},
	{.pattern = "^Accepted", .status = 202, .rank = 3, .flags = SIGN_ASKED})

PRODUCT(MLFLOW, "mlflow", FAMILY_AI, "MLflow: experiments, models and their artefacts", NULL,
	NULL, "MLflow",
	REQUESTS("!/api/2.0/mlflow", "!/ajax-api/2.0/mlflow", "/api/2.0/mlflow-artifacts",
		 "/ajax-api/2.0/mlflow-artifacts", "/ajax-api/3.0/mlflow", "/api/3.0/mlflow")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /version"), OPEN("GET|HEAD /"),
	       OPEN("GET|HEAD /static-files/...")),
	{.pattern = "^{\"registered_models\":[{\"name\":\"", .rank = 3},
	{.pattern = "^{\"experiments\":[{\"experiment_id\":\"", .rank = 3},
	{.pattern = "\"experiment_id\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"run_uuid\":\"", .rank = 3},
	{.pattern = "\"registered_model", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"error_code\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "<title>MLflow<", .rank = 3},
	{.pattern = "You are not authenticated. Please see https://www.mlflow.org/", .rank = 3,
	 .auth = AUTH_REQUIRED},
	{.pattern = "\"model_version\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"model_versions\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"artifact_uri\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"root_uri\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"files\":[", .rank = 3, .flags = SIGN_ASKED},
	{.header = "www-authenticate", .pattern = "realm=\"mlflow\"", .rank = 3},
	{.pattern = "\"run_id\":\"", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(RAY, "ray", FAMILY_AI, "Ray, whose dashboard runs jobs", NULL,
	PORTS(8265) ALSO("ray-gcs", "ray-dashboard"), "Ray",
	REQUESTS("/api/jobs", "/api/version", "/api/cluster_status", "/api/v0", "/api/actors",
		 "/api/serve", "/api/gcs_healthz", "/api/local_raylet_healthz", "/api/packages",
		 "/logical/actors", "/nodes")
	ROUTES(OPEN("GET|HEAD /api/version"), OPEN("GET|HEAD /api/gcs_healthz"),
	       OPEN("GET|HEAD /api/local_raylet_healthz"), OPEN("GET|HEAD /"),
	       OPEN("GET|HEAD /static/...")),
	{.pattern = "\"ray_version\":\"", .version_after = "\"ray_version\":", .rank = 3},
	{.pattern = "\"raysubmit_", .rank = 3},
	{.pattern = "<title>Ray Dashboard<", .rank = 3},
	{.pattern = "\"msg\":\"Got cluster status.\"", .rank = 3},
	{.pattern = "\"msg\":\"Node summary fetched.\"", .rank = 3},
	{.pattern = "\"raylet\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"driver_info\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "# HELP ray_", .rank = 3})

PRODUCT(LANGFLOW, "langflow", FAMILY_AI, "Langflow: agents and flows, which run code", NULL,
	PORTS(7860), "Langflow",
	REQUESTS("/api/v1/validate/code", "/api/v1/flows", "/api/v1/build",
		 "/api/v1/build_public_tmp", "/api/v1/auto_login", "/api/v1/run",
		 "/api/v1/config", "/api/v1/variables", "/api/v1/version", "/health_check") SHELL
	ROUTES(OPEN("GET|HEAD /health_check"), OPEN("GET|HEAD /api/v1/version"),
	       OPEN("GET|HEAD /api/v1/config"), OPEN("GET|HEAD /assets/...")),
	{.pattern = "\"package\":\"Langflow\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "<title>Langflow<", .rank = 3},
	{.pattern = "\"chat\":\"ok\",\"db\":\"ok\"", .rank = 3},
	{.pattern = "^{\"imports\":{\"errors\":[", .rank = 3},
	{.pattern = "\"is_component\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"frontend_timeout\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"auto_saving\":", .rank = 3, .flags = SIGN_ASKED},
	{.header = "set-cookie", .pattern = "^access_token_lf=", .rank = 3},
	{.header = "set-cookie", .pattern = "^refresh_token_lf=", .rank = 3},
	{.header = "set-cookie", .pattern = "^apikey_tkn_lflw=", .rank = 3},
	{.pattern = "^{\"access_token\":\"", .status = 200, .rank = 3, .flags = SIGN_ASKED})

PRODUCT(FLOWISE, "flowise", FAMILY_AI, "Flowise: agents and flows, with credentials", NULL, NULL,
	"Flowise",
	REQUESTS("/api/v1/chatflows", "/api/v1/prediction", "/api/v1/credentials",
		 "/api/v1/public-chatflows", "/api/v1/chatmessage", "/api/v1/node-load-method",
		 "/api/v1/vector/upsert", "/api/v1/components-credentials") SHELL
	ROUTES(OPEN("GET|HEAD /api/v1/ping"), OPEN("GET|HEAD /api/v1/version"),
	       OPEN("GET|HEAD /api/v1/settings"), OPEN("GET|HEAD /assets/...")),
	{.pattern = "<title>Flowise - ", .rank = 3},
	{.pattern = "\"flowData\":\"", .rank = 3},
	{.pattern = "\"chatMessageId\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^[{\"id\":\"*\",\"name\":\"*\",\"credentialName\":\"", .rank = 3},
	{.pattern = "\"credentialName\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"error\":\"Unauthorized Access\"", .status = 401, .rank = 3,
	 .auth = AUTH_REQUIRED, .flags = SIGN_ASKED})

PRODUCT(DIFY, "dify", FAMILY_AI, "Dify: applications and agents of language models", NULL, NULL,
	"Dify",
	REQUESTS("/console/api") SHELL
	ROUTES(OPEN("GET|HEAD /console/api/setup"),
	       OPEN("GET|HEAD /console/api/system-features"),
	       OPEN("GET|HEAD /console/api/version"), OPEN("GET|HEAD /console/api/init"),
	       OPEN("GET|HEAD /install")),
	{.pattern = "<title>Dify<", .rank = 3},
	{.header = "x-version", .version_after = "", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"step\":\"*\",\"setup_at\":", .rank = 3},
	{.pattern = "^{\"step\":\"", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(OPEN_WEBUI, "open-webui", FAMILY_AI, "Open WebUI, a console for language models", NULL,
	NULL, "Open WebUI",
	REQUESTS("/api/config", "/api/v1/auths", "/api/v1/chats", "/ollama/api",
		 "/api/v1/configs") SHELL
	ROUTES(OPEN("GET|HEAD /api/config"), OPEN("GET|HEAD /api/version"),
	       OPEN("GET|HEAD /health/db"), OPEN("GET|HEAD /manifest.json"),
	       LOGIN("POST /api/v1/auths/signin"), OPEN("GET|HEAD /static/...")),
	{.pattern = "\"name\":\"Open WebUI\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "(Open WebUI)\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "<title>Open WebUI<", .rank = 3},
	{.pattern = "\"auth_trusted_header\":", .version_after = "\"version\":", .rank = 3})

PRODUCT(COMFYUI, "comfyui", FAMILY_AI, "ComfyUI, which makes images by workflows", NULL,
	PORTS(8188), "ComfyUI",
	REQUESTS("/system_stats", "/queue", "/history", "/object_info", "/prompt", "/interrupt",
		 "/api/system_stats", "/api/queue", "/api/history", "/api/prompt")
	ROUTES(OPEN("GET|HEAD /")),
	{.pattern = "\"comfyui_version\":\"", .version_after = "\"comfyui_version\":", .rank = 3},
	{.pattern = "<title>ComfyUI<", .rank = 3},
	{.pattern = "^{\"queue_running\":[", .rank = 3},
	{.pattern = "^{\"exec_info\":{\"queue_remaining\":", .rank = 3},
	{.pattern = "^{\"system\":{\"os\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"KSampler\":{\"input\":{", .rank = 3},
	{.pattern = "^{\"*\":{\"prompt\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"prompt_id\":\"*\",\"number\":", .rank = 3})

PRODUCT(GRADIO, "gradio", FAMILY_AI, "an application built with Gradio", NULL, NULL, "Gradio",
	REQUESTS("/gradio_api", "/config", "/info", "/queue/join", "/queue/data",
		 "/queue/status"),
	{.pattern = "window.gradio_config =", .version_after = "\"version\":", .rank = 3},
	{.pattern = "content=\"Click to try out the app!\"", .rank = 3},
	{.pattern = "^{\"named_endpoints\":{", .rank = 3},
	{.pattern = "^{\"version\":\"*\",\"api_prefix\":\"", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "\"mode\":\"blocks\"", .version_after = "\"version\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "\"mode\":\"interface\"", .version_after = "\"version\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"event_id\":\"", .rank = 3, .flags = SIGN_ASKED})

/* Its pages all name the same path in their policy of contents, with whatever stands before it. */
PRODUCT(JUPYTER, "jupyter", FAMILY_AI, "Jupyter: notebooks, which run code", NULL, PORTS(8888) MET,
	"Jupyter",
	REQUESTS("/api/contents", "/api/kernels", "/api/terminals", "/api/sessions",
		 "/api/kernelspecs", "/api/spec.yaml", "/api/security/csp-report", "/tree",
		 "/lab", "/terminals", "/nbconvert", "/hub", "/nbextensions")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /api"), OPEN("GET|HEAD /login"),
	       OPEN("GET|HEAD /.../login"), OPEN("GET|HEAD /hub/login"), OPEN("GET|HEAD /hub/health"),
	       OPEN("GET|HEAD /static/..."), OPEN("GET|HEAD /hub/static/..."),
	       OPEN("GET|HEAD /hub/api")),
	{.header = "x-jupyterhub-version", .product = "JupyterHub", .version_after = "", .rank = 4},
	{.header = "content-security-policy", .pattern = "/api/security/csp-report", .rank = 3},
	/* Other servers on Tornado answer whatever they do not know with a page. */
	{.header = "server", .pattern = "^TornadoServer/", .status = 403, .rank = 3,
	 .flags = SIGN_ASKED},
	{.header = "location", .pattern = "/login?next=%2Ftree", .rank = 3},
	{.header = "location", .pattern = "/login?next=%2Flab", .rank = 3},
	{.pattern = "<title>Jupyter Notebook<", .rank = 3},
	{.pattern = "<title>Jupyter Server<", .rank = 3},
	{.pattern = "<title>JupyterLab<", .rank = 3},
	{.pattern = "<title>JupyterHub<", .rank = 3},
	{.pattern = "<title>Home Page - Select or create a notebook", .rank = 3},
	{.pattern = "\"kernelspecs\":{\"", .rank = 3},
	{.pattern = "\"execution_state\":\"", .rank = 3},
	{.pattern = "{\"name\":\"*\",\"last_activity\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"last_modified\":\"*\",\"created\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"type\":\"notebook\",\"kernel\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"connections\":*,\"kernels\":*,\"last_activity\":", .rank = 3})
