/* SPDX-License-Identifier: ISC */
/*
 * Requests that run code or destroy, of products whose row of http_table.h does not say so itself,
 * or that have none: for the first row, which counts where the product's own has nothing to say.
 * http_table.h says how a route is written. What any web service may have under such a path needs a
 * mark of the body; and where nothing is known of the product, an answer that is a page for people
 * says that it was no such thing (http_exchange.c).
 *
 * Sources: the products' own interface references, named at each.
 */
#ifndef DISSECTORS_HTTP_DEEDS_H
#define DISSECTORS_HTTP_DEEDS_H

/* clang-format off */
/* Docker Engine API, "ContainerCreate", "ContainerExec"; Podman and Portainer put more before it. */
#define DEEDS_CONTAINERS                                                                           \
	EXECUTES("POST /.../containers/create", .body = "\"image\":",                              \
		 .command = "POST containers/create"),                                             \
	EXECUTES("POST /.../docker/containers/{id}/start"),                                        \
	EXECUTES("POST /.../libpod/containers/{id}/start"),                                        \
	EXECUTES("POST /.../containers/{id}/exec", .body = "\"cmd\":[",                            \
		 .command = "POST containers exec"),                                               \
	EXECUTES("POST /exec/{id}/start", .body = "\"detach\":", .command = "POST exec start")

/* kubelet's debugging handlers: of its own row, for they show what it is. */
#define DEEDS_KUBELET                                                                              \
	EXECUTES("POST|GET /run/{namespace}/{pod}/{container}", .sure = true, .body = "cmd=",      \
		 .command = "kubelet run"),                                                        \
	EXECUTES("POST|GET /run/{namespace}/{pod}/{uid}/{container}", .sure = true,                \
		 .body = "cmd=", .command = "kubelet run"),                                        \
	EXECUTES("POST|GET /exec/{namespace}/{pod}/{container}?command", .sure = true,             \
		 .command = "kubelet exec"),                                                       \
	EXECUTES("POST|GET /exec/{namespace}/{pod}/{uid}/{container}?command", .sure = true,       \
		 .command = "kubelet exec"),                                                       \
	EXECUTES("POST|GET /cri/exec/{token}", .sure = true),                                      \
	EXECUTES("POST|GET /attach/{namespace}/{pod}/{container}", .sure = true),                  \
	EXECUTES("POST|GET /portForward/{namespace}/{pod}", .sure = true)

/* Kubernetes API reference: pods, workloads, their subresources. */
#define DEEDS_KUBERNETES                                                                           \
	EXECUTES("POST|GET /.../api/v1/namespaces/{n}/pods/{pod}/exec", .sure = true),             \
	EXECUTES("POST|GET /.../api/v1/namespaces/{n}/pods/{pod}/attach", .sure = true),           \
	EXECUTES("POST|GET /.../api/v1/namespaces/{n}/pods/{pod}/portforward", .sure = true),      \
	EXECUTES("PATCH|PUT /.../api/v1/namespaces/{n}/pods/{pod}/ephemeralcontainers",            \
		 .sure = true),                                                                    \
	EXECUTES("POST /.../api/v1/namespaces/{n}/pods", .sure = true),                            \
	EXECUTES("POST /.../apis/apps/v1/namespaces/{n}/{kind}", .sure = true),                    \
	EXECUTES("PUT|PATCH /.../apis/apps/v1/namespaces/{n}/{kind}/{name}", .sure = true),        \
	EXECUTES("POST /.../apis/batch/{v}/namespaces/{n}/{kind}", .sure = true)

/* Nomad "Create Job", "Dispatch Job"; Consul "Register Check", "Register Service", "Fire Event". */
#define DEEDS_HASHICORP                                                                            \
	EXECUTES("PUT|POST /v1/jobs", .body = "\"taskgroups\":", .command = "jobs register"),      \
	EXECUTES("PUT|POST /v1/job/{id}", .body = "\"taskgroups\":", .command = "job update"),     \
	EXECUTES("PUT|POST /v1/job/{id}/dispatch"),                                                \
	EXECUTES("GET /v1/client/allocation/{id}/exec"),                                           \
	EXECUTES("PUT /v1/agent/check/register", .body = "\"args\":[", .sure = true,               \
		 .command = "check register"),                                                     \
	EXECUTES("PUT /v1/agent/check/register", .body = "\"script\":", .sure = true,              \
		 .command = "check register"),                                                     \
	EXECUTES("PUT /v1/agent/check/register", .body = "\"scriptargs\":", .sure = true,          \
		 .command = "check register"),                                                     \
	EXECUTES("PUT /v1/agent/service/register", .body = "\"args\":[", .sure = true,             \
		 .command = "service register"),                                                   \
	EXECUTES("PUT /v1/agent/service/register", .body = "\"script\":", .sure = true,            \
		 .command = "service register"),                                                   \
	EXECUTES("PUT /v1/agent/service/register", .body = "\"scriptargs\":", .sure = true,        \
		 .command = "service register"),                                                   \
	DESTROYS("PUT /v1/txn", .body = "\"verb\":\"delete", .command = "txn delete")

/* YARN REST "Cluster Applications"; Spark RestSubmissionServer; Livy; Flink REST "Jars"; Ray "Jobs
 * REST API"; Airflow "Trigger a new DAG run"; Argo Workflows; Druid "Tasks", "Sampler". */
#define DEEDS_JOBS                                                                                 \
	EXECUTES("POST /v1/submissions/create", .sure = true),                                     \
	EXECUTES("POST /sessions/{id}/statements", .body = "\"code\":",                            \
		 .command = "POST session statements"),                                            \
	EXECUTES("POST /batches", .body = "\"file\":", .command = "POST /batches"),                \
	EXECUTES("POST /.../jars/upload", .sure = true),                                           \
	EXECUTES("POST /.../jars/{id}/run", .sure = true),                                         \
	EXECUTES("POST /api/jobs", .body = "\"entrypoint\":", .command = "POST /api/jobs"),        \
	EXECUTES("PUT /api/serve/applications", .sure = true),                                     \
	EXECUTES("POST /.../dags/{id}/dagRuns", .sure = true),                                     \
	EXECUTES("POST /.../dags/{id}/dag_runs", .sure = true),                                    \
	EXECUTES("POST /api/v1/workflows/{n}", .body = "\"workflow\":{",                           \
		 .command = "POST workflows"),                                                     \
	EXECUTES("POST /druid/indexer/v1/task", .sure = true),                                     \
	EXECUTES("POST /druid/indexer/v1/sampler", .sure = true),                                  \
	EXECUTES("POST /druid/indexer/v1/supervisor", .sure = true),                               \
	EXECUTES("POST /api/{v}/job/{id}/run", .body = "\"argstring\":", .command = "job run"),    \
	EXECUTES("POST|GET /api/{v}/project/{p}/run/command", .sure = true),                       \
	EXECUTES("POST /api/{v}/project/{p}/run/script", .sure = true)

/* Jupyter Server REST API; Langflow; Ollama API; ComfyUI; Triton "Model Repository Extension";
 * TorchServe "Management API"; Flowise. */
#define DEEDS_AI                                                                                   \
	EXECUTES("POST /.../api/kernels"),                                                         \
	EXECUTES("POST /.../api/terminals"),                                                       \
	EXECUTES("POST /.../api/sessions", .body = "\"kernel\":{", .command = "POST sessions"),    \
	EXECUTES("POST /api/v1/validate/code", .body = "\"code\":", .command = "validate code"),   \
	EXECUTES("POST /api/v1/build/{id}/flow"),                                                  \
	EXECUTES("POST /api/pull", .body = "\"name\":", .command = "POST /api/pull"),              \
	EXECUTES("POST /api/pull", .body = "\"model\":", .command = "POST /api/pull"),             \
	EXECUTES("POST /api/create", .body = "\"modelfile\":", .command = "POST /api/create"),     \
	EXECUTES("POST /api/create", .body = "\"model\":", .command = "POST /api/create"),         \
	EXECUTES("POST /api/push", .body = "\"name\":", .command = "POST /api/push"),              \
	EXECUTES("POST /api/push", .body = "\"model\":", .command = "POST /api/push"),             \
	EXECUTES("POST /.../prompt", .body = "\"class_type\":", .command = "POST /prompt"),        \
	EXECUTES("POST /v2/repository/models/{m}/load", .sure = true),                             \
	EXECUTES("POST /models?url", .command = "POST /models url"),                               \
	EXECUTES("POST /api/v1/node-load-method/customMCP", .sure = true),                         \
	EXECUTES("POST /api/v1/node-custom-function", .sure = true)

/* Jenkins "Remote Access API"; Kibana "Console"; Spring Boot Actuator; Jolokia protocol; Nexus
 * "Script API"; Tomcat Manager; JBoss' JMX console; NiFi REST API; salt-api (rest_cherrypy);
 * supervisord; WebDriver; Node-RED "Admin API"; Superset; Metabase; Proxmox VE API; Zabbix API. */
#define DEEDS_ADMIN                                                                                \
	EXECUTES("POST /.../createItem?name", .command = "POST createItem"),                       \
	EXECUTES("POST /.../job/{name}/build"),                                                    \
	EXECUTES("POST /.../job/{name}/buildWithParameters"),                                      \
	EXECUTES("POST /.../api/console/proxy", .sure = true),                                     \
	EXECUTES("POST /.../actuator/env", .sure = true),                                          \
	EXECUTES("POST /.../actuator/restart", .sure = true),                                      \
	EXECUTES("POST /.../actuator/refresh", .sure = true),                                      \
	EXECUTES("POST /.../actuator/gateway/routes/{id}", .sure = true),                          \
	DESTROYS("POST /.../actuator/shutdown", .sure = true),                                     \
	RECORDS("GET /.../actuator/heapdump", .sure = true),                                       \
	RECORDS("GET /.../actuator/env", .sure = true),                                            \
	RECORDS("GET /.../actuator/configprops", .sure = true),                                    \
	RECORDS("GET /heapdump", .sure = true),                                                    \
	EXECUTES("POST /.../jolokia/...", .body = "\"type\":\"exec\"", .command = "jolokia exec"), \
	EXECUTES("POST /.../jolokia/...", .body = "\"type\":\"write\"",                            \
		 .command = "jolokia write"),                                                      \
	EXECUTES("GET /.../jolokia/exec/..."),                                                     \
	EXECUTES("GET /.../jolokia/write/..."),                                                    \
	EXECUTES("POST|PUT /service/rest/v1/script/..."),                                          \
	EXECUTES("PUT|POST|GET /manager/text/deploy", .sure = true),                               \
	EXECUTES("PUT|POST /manager/deploy", .sure = true),                                        \
	EXECUTES("POST /manager/html/upload", .sure = true),                                       \
	EXECUTES("ANY /jmx-console/HtmlAdaptor?action=invokeop*", .command = "jmx-console invoke"),\
	EXECUTES("POST /nifi-api/process-groups/{id}/processors", .sure = true),                   \
	EXECUTES("PUT /nifi-api/processors/{id}/run-status", .sure = true),                        \
	EXECUTES("POST /run", .body = "client=", .command = "salt-api run"),                       \
	EXECUTES("POST /run", .body = "\"client\":\"", .command = "salt-api run"),                 \
	EXECUTES("POST /", .body = "\"client\":\"local", .command = "salt-api run"),               \
	EXECUTES("POST /RPC2", .body = "<methodname>supervisor.", .command = "supervisor call"),   \
	EXECUTES("POST /wd/hub/session", .sure = true),                                            \
	EXECUTES("POST /session", .body = "\"capabilities\":{", .command = "WebDriver session"),   \
	EXECUTES("POST /flows", .body = "\"wires\":[", .command = "POST /flows"),                  \
	EXECUTES("POST /api/v1/sqllab/execute", .sure = true),                                     \
	EXECUTES("POST /api/setup/validate", .body = "\"engine\":", .command = "setup validate"),  \
	EXECUTES("POST /api2/json/nodes/{n}/execute", .sure = true),                               \
	EXECUTES("POST /api2/json/nodes/{n}/qemu/{id}/agent/exec", .sure = true),                  \
	EXECUTES("POST /.../api_jsonrpc.php", .body = "\"script.execute\"",                        \
		 .command = "script.execute"),                                                     \
	DESTROYS("POST /.../api_jsonrpc.php", .body = ".delete\"", .command = "api delete"),       \
	DESTROYS("PUT|POST /v1/sys/seal", .sure = true)

/* MS-WSMV: a shell's command, and a shell. Mostly the bodies are sealed. */
#define DEEDS_WINDOWS                                                                              \
	EXECUTES("POST /wsman", .body = "/windows/shell/command", .command = "WinRM command"),     \
	EXECUTES("POST /wsman", .body = "/ws/2004/09/transfer/create", .command = "WinRM shell")

/* Elasticsearch "Scripting"; Solr "Config API", "RequestDispatcher"; CouchDB "Query Servers". */
#define DEEDS_SEARCH                                                                               \
	EXECUTES("PUT|POST /_scripts/...", .sure = true),                                          \
	EXECUTES("POST|GET|PUT /.../_search", .body = "\"script\":{", .command = "_search script"),\
	EXECUTES("POST|GET|PUT /.../_search", .body = "\"script\":\"",                             \
		 .command = "_search script"),                                                     \
	EXECUTES("POST|GET /.../_msearch", .body = "\"script\":{", .command = "_msearch script"),  \
	EXECUTES("POST|PUT /.../_update/...", .body = "\"script\":", .command = "_update script"), \
	EXECUTES("POST|PUT /.../_update_by_query", .body = "\"script\":",                          \
		 .command = "_update_by_query script"),                                            \
	EXECUTES("POST /_reindex", .body = "\"script\":", .command = "_reindex script"),           \
	DESTROYS("POST|PUT /.../_close", .sure = true),                                            \
	DESTROYS("POST|PUT /.../_bulk", .body = "{\"delete\":{\"_",                                \
		 .command = "POST /_bulk delete"),                                                 \
	EXECUTES("POST /solr/{core}/config/...", .sure = true),                                    \
	EXECUTES("ANY /solr/{core}/dataimport?command=full*", .command = "dataimport"),            \
	EXECUTES("ANY /solr/{core}/{handler}?wt=velocity", .command = "velocity template"),        \
	EXECUTES("ANY /solr/{core}/.../{handler}?stream.url", .command = "stream.url"),            \
	EXECUTES("ANY /solr/{core}/.../{handler}?stream.file", .command = "stream.file"),          \
	EXECUTES("ANY /solr/{core}/replication?command=fetch*", .command = "replication fetch"),   \
	DESTROYS("ANY /solr/admin/cores?action=unload&deleteinstancedir=true",                     \
		 .command = "cores UNLOAD"),                                                       \
	DESTROYS("ANY /solr/admin/cores?action=unload&deletedatadir=true",                         \
		 .command = "cores UNLOAD"),                                                       \
	DESTROYS("ANY /solr/admin/cores?action=unload&deleteindex=true",                           \
		 .command = "cores UNLOAD"),                                                       \
	DESTROYS("ANY /solr/admin/collections?action=deleteshard",                                     \
		 .command = "collections DELETE"),                                                 \
	DESTROYS("POST /api/{kind}/{core}/update/...", .body = "\"delete\":",                      \
		 .command = "update delete"),                                                      \
	EXECUTES("PUT /.../_config/query_servers/{x}", .sure = true),                              \
	EXECUTES("PUT /.../_config/native_query_servers/{x}", .sure = true),                       \
	EXECUTES("PUT /.../_config/os_daemons/{x}", .sure = true)

/* Amazon S3: DeleteObjects, lifecycle rules, SSE-C over a copy (http_request.c makes the mark of
 * its headers); DynamoDB and SQS, whose call is in a header. */
#define HTTP_MARK_REKEYED "-copied-with-a-customer-key"
#define DEEDS_CLOUD                                                                                \
	DESTROYS("POST /...?delete", .body = "<delete", .sure = true, .command = "POST ?delete"),  \
	DESTROYS("PUT /...?lifecycle", .body = "<expiration>", .sure = true,                       \
		 .command = "PUT ?lifecycle expiration"),                                          \
	DESTROYS("PUT /{bucket}/...", .body = HTTP_MARK_REKEYED, .sure = true,                     \
		 .command = "PUT copy with a customer's key"),                                     \
	DESTROYS("POST /", .body = ".deletetable", .command = "DeleteTable"),                      \
	DESTROYS("POST /", .body = "\"deleterequest\":", .command = "BatchWriteItem delete"),      \
	DESTROYS("POST /", .body = ".purgequeue", .command = "PurgeQueue")

/* Qdrant, Milvus, Chroma, Meilisearch, Pinecone: their API references; Prometheus "TSDB Admin
 * APIs", VictoriaMetrics, Loki "Log deletion", Graphite, Mimir; etcd "gRPC gateway"; InfluxDB
 * "/api/v2/delete"; MLflow REST API; SurrealDB. */
#define DEEDS_STORES                                                                               \
	DESTROYS("POST /collections/{c}/points/delete", .sure = true),                             \
	DESTROYS("POST /v2/vectordb/{kind}/drop", .sure = true),                                   \
	DESTROYS("POST /v2/vectordb/entities/delete", .sure = true),                               \
	DESTROYS("POST /v1/vector/collections/drop", .sure = true),                                \
	DESTROYS("POST /v1/vector/delete", .sure = true),                                          \
	DESTROYS("POST /api/{v}/.../collections/{c}/delete", .sure = true),                        \
	DESTROYS("POST /api/{v}/reset", .sure = true),                                             \
	DESTROYS("POST /indexes/{i}/documents/delete", .sure = true),                              \
	DESTROYS("POST /indexes/{i}/documents/delete-batch", .sure = true),                        \
	DESTROYS("POST /vectors/delete", .sure = true),                                            \
	DESTROYS("ANY /.../api/v1/admin/tsdb/delete_series", .sure = true),                        \
	DESTROYS("POST|PUT /loki/api/v1/delete", .sure = true),                                    \
	DESTROYS("POST /.../tags/delSeries", .sure = true),                                        \
	DESTROYS("POST /compactor/delete_tenant", .sure = true),                                   \
	DESTROYS("POST /{v}/kv/deleterange", .sure = true),                                        \
	DESTROYS("POST /{v}/kv/txn", .body = "\"requestdeleterange\":", .command = "txn delete"),  \
	DESTROYS("POST /{v}/kv/txn", .body = "\"request_delete_range\":", .command = "txn delete"),\
	DESTROYS("POST /api/v2/delete", .body = "\"start\":", .command = "POST /api/v2/delete"),   \
	DESTROYS("POST|DELETE /.../mlflow/{kind}/delete", .sure = true),                           \
	DESTROYS("POST /sql", .body = "removetable", .command = "REMOVE TABLE"),                   \
	DESTROYS("POST /sql", .body = "removedatabase", .command = "REMOVE DATABASE"),             \
	DESTROYS("POST /sql", .body = "removenamespace", .command = "REMOVE NAMESPACE"),           \
	DESTROYS("POST /db/...", .body = "detachdelete", .command = "DETACH DELETE")
/* clang-format on */

#define HTTP_DEEDS                                                                                 \
	DEEDS_CONTAINERS, DEEDS_KUBERNETES, DEEDS_HASHICORP, DEEDS_JOBS, DEEDS_AI, DEEDS_ADMIN,    \
		DEEDS_WINDOWS, DEEDS_SEARCH, DEEDS_CLOUD, DEEDS_STORES

#endif
