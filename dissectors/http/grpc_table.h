/* SPDX-License-Identifier: ISC */
/*
 * The services that are spoken to by gRPC, one row each; included by grpc_services.[ch]. The path
 * of a call is "/package.Service/Method" (PROTOCOL-HTTP2.md of the gRPC documentation): the package
 * tells the service. To add one, add a row:
 *
 *	GRPC(ID, "service", FAMILY_…, "one line for people",
 *	     PORTS(usual ones; for guesses) or NULL ALSO(other names that a policy may write),
 *	     "Product", PACKAGES("/package.", …), methods…)
 *
 * A package may go as far as the service's name, where the package alone could be anybody's. A
 * method is what stands behind that, with '*' for any run of characters; the first row that fits
 * counts. What no row fits is a call whose success proves that nobody asked for an
 * account.
 *
 *	GRPC_OPEN	anybody may: health, versions, what services there are. Proves nothing
 *	GRPC_LISTS	gives records, or a list of what is stored or configured
 *	GRPC_DESTROYS	deletes in bulk
 *	GRPC_EXECUTES	runs code, or a container, or a job
 *	GRPC_LOGIN	takes a name and a password
 *
 * Sources: the products' own .proto files. Met as a real server: etcd. All others are written from
 * those files.
 */
/* clang-format off */
GRPC(ETCD, "etcd", FAMILY_DATABASE, "etcd over HTTP or gRPC", NULL, "etcd",
     PACKAGES("/etcdserverpb.", "/v3lockpb.", "/v3electionpb."),
     {"KV/Range", GRPC_LISTS, "GET (KV/Range)"},
     {"KV/Put", 0, "PUT (KV/Put)"},
     {"KV/DeleteRange", GRPC_DESTROYS, "DEL (KV/DeleteRange)"},
     {"Auth/Authenticate", GRPC_LOGIN, "Authenticate"},
     {"Maintenance/Snapshot", GRPC_LISTS, "Snapshot"},
     {"Maintenance/Status", GRPC_OPEN, NULL},
     {"Watch/Watch", GRPC_LISTS, NULL},
     {"Auth/UserList", GRPC_LISTS, NULL},
     {"Auth/RoleList", GRPC_LISTS, NULL})

GRPC(OTLP, "otlp", FAMILY_LOGGING, "an OpenTelemetry collector", PORTS(4317), "OpenTelemetry",
     PACKAGES("/opentelemetry.proto.collector.", "/opencensus.proto.agent."),
     {NULL, 0, NULL})

GRPC(TEMPORAL, "temporal", FAMILY_ORCHESTRATION, "Temporal, workflows", PORTS(7233), "Temporal",
     PACKAGES("/temporal.api.", "/temporal.server.api."),
     {"*/GetSystemInfo", GRPC_OPEN, NULL},
     {"*/GetClusterInfo", GRPC_OPEN, NULL},
     {"*/StartWorkflowExecution", GRPC_EXECUTES, NULL},
     {"*/SignalWithStartWorkflowExecution", GRPC_EXECUTES, NULL},
     {"*/ExecuteMultiOperation", GRPC_EXECUTES, NULL},
     {"*/CreateSchedule", GRPC_EXECUTES, NULL},
     {"*/StartBatchOperation", GRPC_EXECUTES, NULL},
     {"*/Delete*", GRPC_DESTROYS, NULL},
     {"*/TerminateWorkflowExecution", GRPC_DESTROYS, NULL},
     {"*/List*", GRPC_LISTS, NULL},
     {"*/ScanWorkflowExecutions", GRPC_LISTS, NULL},
     {"*/GetWorkflowExecutionHistory*", GRPC_LISTS, NULL},
     {"*/QueryWorkflow", GRPC_LISTS, NULL})

GRPC(CONTAINERD, "containerd", FAMILY_ORCHESTRATION, "containerd, containers", NULL, "containerd",
     PACKAGES("/containerd.services.", "/containerd.runtime.", "/containerd.task."),
     {"version.*", GRPC_OPEN, NULL},
     {"tasks.*/Create", GRPC_EXECUTES, NULL},
     {"tasks.*/Start", GRPC_EXECUTES, NULL},
     {"tasks.*/Exec", GRPC_EXECUTES, NULL},
     {"containers.*/Create", GRPC_EXECUTES, NULL},
     {"images.*/Delete", GRPC_DESTROYS, NULL},
     {"containers.*/Delete", GRPC_DESTROYS, NULL},
     {"namespaces.*/Delete", GRPC_DESTROYS, NULL},
     {"content.*/Delete", GRPC_DESTROYS, NULL},
     {"snapshots.*/Remove", GRPC_DESTROYS, NULL},
     {"*/List*", GRPC_LISTS, NULL},
     {"content.*/Read", GRPC_LISTS, NULL},
     {"events.*/Subscribe", GRPC_LISTS, NULL})

GRPC(CRI, "cri", FAMILY_ORCHESTRATION, "a container runtime of Kubernetes (CRI)",
     PORTS(10010) ALSO("containerd", "kubernetes-cri"),
     "Kubernetes CRI", PACKAGES("/runtime.v1.RuntimeService", "/runtime.v1.ImageService",
	      "/runtime.v1alpha2.RuntimeService", "/runtime.v1alpha2.ImageService"),
     {"/Version", GRPC_OPEN, NULL},
     {"/Status", GRPC_OPEN, NULL},
     {"/RunPodSandbox", GRPC_EXECUTES, NULL},
     {"/CreateContainer", GRPC_EXECUTES, NULL},
     {"/StartContainer", GRPC_EXECUTES, NULL},
     {"/Exec*", GRPC_EXECUTES, NULL},
     {"/Attach", GRPC_EXECUTES, NULL},
     {"/Remove*", GRPC_DESTROYS, NULL},
     {"/StopPodSandbox", GRPC_DESTROYS, NULL},
     {"/List*", GRPC_LISTS, NULL},
     {"/GetContainerEvents", GRPC_LISTS, NULL})

GRPC(BUILDKIT, "buildkit", FAMILY_ORCHESTRATION, "BuildKit, builds of images", PORTS(1234),
     "BuildKit", PACKAGES("/moby.buildkit."),
     {"*/Info", GRPC_OPEN, NULL},
     {"*/Solve", GRPC_EXECUTES, NULL},
     {"*/NewContainer", GRPC_EXECUTES, NULL},
     {"*/ExecProcess", GRPC_EXECUTES, NULL},
     {"*/Prune", GRPC_DESTROYS, NULL},
     {"*/DiskUsage", GRPC_LISTS, NULL},
     {"*/ListWorkers", GRPC_LISTS, NULL},
     {"*/ListenBuildHistory", GRPC_LISTS, NULL},
     {"*/ReadFile", GRPC_LISTS, NULL},
     {"*/ReadDir", GRPC_LISTS, NULL})

GRPC(BAZEL, "bazel-remote", FAMILY_ORCHESTRATION, "remote builds or their cache, of Bazel and alike",
     NULL, "Bazel remote execution", PACKAGES("/build.bazel.remote."),
     {"*/GetCapabilities", GRPC_OPEN, NULL},
     {"*/Execute", GRPC_EXECUTES, NULL},
     {"*/Get*", GRPC_LISTS, NULL},
     {"*/BatchReadBlobs", GRPC_LISTS, NULL})

GRPC(ZEEBE, "zeebe", FAMILY_ORCHESTRATION, "Zeebe, workflows of Camunda", PORTS(26500), "Zeebe",
     PACKAGES("/gateway_protocol."),
     {"*/Deploy*", GRPC_EXECUTES, NULL},
     {"*/CreateProcessInstance*", GRPC_EXECUTES, NULL},
     {"*/CreateWorkflowInstance*", GRPC_EXECUTES, NULL},
     {"*/DeleteResource", GRPC_DESTROYS, NULL},
     {"*/CancelProcessInstance", GRPC_DESTROYS, NULL},
     {"*/ActivateJobs", GRPC_LISTS, NULL},
     {"*/StreamActivatedJobs", GRPC_LISTS, NULL})

GRPC(DAPR, "dapr", FAMILY_ORCHESTRATION, "Dapr's sidecar: state, secrets, calls", NULL,
     "Dapr", PACKAGES("/dapr.proto."),
     {"*/GetMetadata*", GRPC_LISTS, NULL},
     {"*/Get*Secret", GRPC_LISTS, NULL},
     {"*/Get*State", GRPC_LISTS, NULL},
     {"*/QueryState*", GRPC_LISTS, NULL},
     {"*/InvokeService", GRPC_EXECUTES, NULL},
     {"*/InvokeBinding", GRPC_EXECUTES, NULL},
     {"*/DeleteBulkState", GRPC_DESTROYS, NULL})

GRPC(XDS, "xds", FAMILY_ORCHESTRATION, "control plane of Envoy proxies", PORTS(15010, 18000),
     "Envoy xDS", PACKAGES("/envoy.service.", "/envoy.api.v2.", "/envoy.admin."),
     {"*Discovery*/Stream*", GRPC_LISTS, NULL},
     {"*Discovery*/Delta*", GRPC_LISTS, NULL},
     {"*Discovery*/Fetch*", GRPC_LISTS, NULL},
     {"status.*", GRPC_LISTS, NULL})

GRPC(CSI, "csi", FAMILY_ORCHESTRATION, "storage driver of Kubernetes (CSI)", NULL,
     "Kubernetes CSI", PACKAGES("/csi.v1.", "/csi.v0."),
     {"Identity/*", GRPC_OPEN, NULL},
     {"*/Delete*", GRPC_DESTROYS, NULL},
     {"*/List*", GRPC_LISTS, NULL})

GRPC(DEVICE_PLUGIN, "device-plugin", FAMILY_ORCHESTRATION, "devices for Kubernetes' nodes", NULL,
     "Kubernetes device plugin", PACKAGES("/v1beta1.DevicePlugin"),
     {"/ListAndWatch", GRPC_LISTS, NULL})

GRPC(DGRAPH, "dgraph", FAMILY_DATABASE, "Dgraph, a database of graphs", PORTS(9080), "Dgraph",
     PACKAGES("/api.Dgraph"),
     {"/CheckVersion", GRPC_OPEN, NULL},
     {"/Login", GRPC_LOGIN, NULL},
     {"/Query", GRPC_LISTS, NULL},
     {"/DropNamespace", GRPC_DESTROYS, NULL})

GRPC(TIKV, "tikv", FAMILY_DATABASE, "TiKV, the store of TiDB", PORTS(20160), "TiKV",
     PACKAGES("/tikvpb."),
     {"*DeleteRange", GRPC_DESTROYS, NULL},
     {"*DestroyRange", GRPC_DESTROYS, NULL},
     {"*Get", GRPC_LISTS, NULL},
     {"*Scan", GRPC_LISTS, NULL},
     {"*Coprocessor*", GRPC_LISTS, NULL},
     {"*BatchCommands", GRPC_LISTS, NULL})

GRPC(PD, "pd", FAMILY_DATABASE, "Placement Driver of TiKV", NULL ALSO("tikv", "tikv-pd"), "PD",
     PACKAGES("/pdpb."),
     {"*/GetMembers", GRPC_OPEN, NULL},
     {"*/GetClusterInfo", GRPC_OPEN, NULL},
     {"*/GetAllStores", GRPC_LISTS, NULL},
     {"*/*Region*", GRPC_LISTS, NULL},
     {"*/LoadGlobalConfig", GRPC_LISTS, NULL})

GRPC(ARROW_FLIGHT, "arrow-flight", FAMILY_DATABASE, "tables over Arrow Flight",
     NULL ALSO("flight"),
     "Arrow Flight", PACKAGES("/arrow.flight.protocol."),
     {"*/Handshake", GRPC_LOGIN, NULL},
     {"*/ListActions", GRPC_OPEN, NULL},
     {"*/DoGet", GRPC_LISTS, NULL},
     {"*/DoExchange", GRPC_LISTS, NULL},
     {"*/ListFlights", GRPC_LISTS, NULL},
     {"*/GetFlightInfo", GRPC_LISTS, NULL})

GRPC(SPICEDB, "spicedb", FAMILY_DATABASE, "SpiceDB, permissions", NULL, "SpiceDB",
     PACKAGES("/authzed.api."),
     {"*/DeleteRelationships", GRPC_DESTROYS, NULL},
     {"*/Read*", GRPC_LISTS, NULL},
     {"*/Lookup*", GRPC_LISTS, NULL},
     {"*/*Export*", GRPC_LISTS, NULL},
     {"*/Watch", GRPC_LISTS, NULL})

GRPC(MILVUS, "milvus", FAMILY_DATABASE, "Milvus, a vector store", PORTS(19530), "Milvus",
     PACKAGES("/milvus.proto."),
     {"*/GetVersion", GRPC_OPEN, NULL},
     {"*/CheckHealth", GRPC_OPEN, NULL},
     {"*/Connect", GRPC_OPEN, NULL},
     {"*/Drop*", GRPC_DESTROYS, NULL},
     {"*/Delete*", GRPC_DESTROYS, NULL},
     {"*/Truncate*", GRPC_DESTROYS, NULL},
     {"*/Query", GRPC_LISTS, NULL},
     {"*/*Search", GRPC_LISTS, NULL},
     {"*/Show*", GRPC_LISTS, NULL},
     {"*/List*", GRPC_LISTS, NULL},
     {"*/Select*", GRPC_LISTS, NULL},
     {"*/Describe*", GRPC_LISTS, NULL})

GRPC(QDRANT, "qdrant", FAMILY_DATABASE, "Qdrant, a vector store", PORTS(6334), "Qdrant",
     PACKAGES("/qdrant."),
     {"Qdrant/HealthCheck", GRPC_OPEN, NULL},
     {"Collections/Delete", GRPC_DESTROYS, NULL},
     {"Points/Delete", GRPC_DESTROYS, NULL},
     {"Snapshots/Delete*", GRPC_DESTROYS, NULL},
     {"Collections/List*", GRPC_LISTS, NULL},
     {"Collections/Get", GRPC_LISTS, NULL},
     {"Points/Scroll", GRPC_LISTS, NULL},
     {"Points/Get", GRPC_LISTS, NULL},
     {"Points/*Search*", GRPC_LISTS, NULL},
     {"Points/Query*", GRPC_LISTS, NULL},
     {"Points/*Recommend*", GRPC_LISTS, NULL},
     {"Points/Discover*", GRPC_LISTS, NULL},
     {"Snapshots/List*", GRPC_LISTS, NULL})

GRPC(WEAVIATE, "weaviate", FAMILY_DATABASE, "Weaviate, a vector store", NULL, "Weaviate",
     PACKAGES("/weaviate.v1.", "/weaviate.v0.", "/weaviategrpc."),
     {"*/BatchDelete", GRPC_DESTROYS, NULL},
     {"*/Search", GRPC_LISTS, NULL},
     {"*/Aggregate", GRPC_LISTS, NULL},
     {"*/TenantsGet", GRPC_LISTS, NULL})

GRPC(CLICKHOUSE, "clickhouse", FAMILY_DATABASE, "ClickHouse", PORTS(9100), "ClickHouse",
     PACKAGES("/clickhouse.grpc."),
     {"*/ExecuteQuery*", GRPC_LISTS, NULL})

GRPC(COCKROACHDB, "cockroachdb", FAMILY_DATABASE, "CockroachDB, its nodes' own interface", NULL,
     "CockroachDB", PACKAGES("/cockroach."),
     {"*Health*", GRPC_OPEN, NULL},
     {"*/Batch*", GRPC_LISTS, NULL})

GRPC(VITESS, "vitess", FAMILY_DATABASE, "Vitess, a cluster of MySQL", PORTS(15991, 15999), "Vitess",
     PACKAGES("/vtgateservice.", "/queryservice.Query", "/tabletmanagerservice.",
	      "/vtctlservice.", "/vtctldservice."),
     {"*/ExecuteHook", GRPC_EXECUTES, NULL},
     {"*/Delete*", GRPC_DESTROYS, NULL},
     {"*Execute*", GRPC_LISTS, NULL},
     {"*/Get*", GRPC_LISTS, NULL})

GRPC(IMMUDB, "immudb", FAMILY_DATABASE, "immudb", PORTS(3322), "immudb",
     PACKAGES("/immudb.schema."),
     {"*/Health", GRPC_OPEN, NULL},
     {"*/ServerInfo", GRPC_OPEN, NULL},
     {"*/Login", GRPC_LOGIN, NULL},
     {"*/OpenSession", GRPC_LOGIN, NULL},
     {"*/DeleteDatabase*", GRPC_DESTROYS, NULL},
     {"*/*Scan", GRPC_LISTS, NULL},
     {"*/*Get*", GRPC_LISTS, NULL},
     {"*/*Query*", GRPC_LISTS, NULL},
     {"*/*List*", GRPC_LISTS, NULL})

GRPC(JAEGER, "jaeger", FAMILY_LOGGING, "Jaeger, traces", PORTS(14250, 16685), "Jaeger",
     PACKAGES("/jaeger."),
     {"*/PostSpans", 0, NULL},
     {"*/Find*", GRPC_LISTS, NULL},
     {"*/Get*", GRPC_LISTS, NULL},
     {"*/ArchiveTrace", 0, NULL})

GRPC(SKYWALKING, "skywalking", FAMILY_LOGGING, "SkyWalking, traces", PORTS(11800), "SkyWalking",
     PACKAGES("/skywalking."),
     {NULL, 0, NULL})

GRPC(LOKI, "loki", FAMILY_LOGGING, "Grafana Loki", NULL, "Loki", PACKAGES("/logproto."),
     {"Querier/*", GRPC_LISTS, NULL},
     {"StreamData/*", GRPC_LISTS, NULL})

GRPC(TEMPO, "tempo", FAMILY_LOGGING, "Grafana Tempo, traces", NULL, "Tempo", PACKAGES("/tempopb."),
     {"*Querier/*", GRPC_LISTS, NULL})

GRPC(CORTEX, "cortex", FAMILY_LOGGING, "Cortex or Mimir, metrics", NULL, "Cortex",
     PACKAGES("/cortex.Ingester"),
     {"/Query*", GRPC_LISTS, NULL},
     {"/Label*", GRPC_LISTS, NULL},
     {"/MetricsFor*", GRPC_LISTS, NULL},
     {"/*UserStats", GRPC_LISTS, NULL})

GRPC(THANOS, "thanos", FAMILY_LOGGING, "Thanos, metrics", PORTS(10901), "Thanos",
     PACKAGES("/thanos."),
     {"*/Info", GRPC_OPEN, NULL},
     {"Store/*", GRPC_LISTS, NULL},
     {"*/Query*", GRPC_LISTS, NULL})

GRPC(RAY, "ray", FAMILY_AI, "Ray: its cluster's own interface", PORTS(10001), "Ray",
     PACKAGES("/ray.rpc.", "/ray.serve."),
     {"*/CheckAlive", GRPC_OPEN, NULL},
     {"*/PushTask", GRPC_EXECUTES, NULL},
     {"RayletDriver/Schedule", GRPC_EXECUTES, NULL},
     {"RayletDriver/PutObject", GRPC_EXECUTES, NULL},
     {"*/RegisterActor", GRPC_EXECUTES, NULL},
     {"*/CreateActor", GRPC_EXECUTES, NULL},
     {"*/AddJob", GRPC_EXECUTES, NULL},
     {"*/KillActor*", GRPC_DESTROYS, NULL},
     {"*/InternalKVDel", GRPC_DESTROYS, NULL},
     {"*/*Get*", GRPC_LISTS, NULL},
     {"*/InternalKVKeys", GRPC_LISTS, NULL},
     {"RayletDriver/ClusterInfo", GRPC_LISTS, NULL},
     {"RayletDriver/ListNamedActors", GRPC_LISTS, NULL})

GRPC(TRITON, "triton", FAMILY_AI, "Triton, or what serves models with its interface", NULL,
     "Triton Inference Server", PACKAGES("/inference.GRPCInferenceService"),
     {"/Server*", GRPC_OPEN, NULL},
     {"/ModelReady", GRPC_OPEN, NULL},
     {"/RepositoryIndex", GRPC_LISTS, NULL},
     {"/RepositoryModelLoad", GRPC_EXECUTES, NULL},
     {"/RepositoryModelUnload", GRPC_DESTROYS, NULL},
     {"/Model*", GRPC_LISTS, NULL})

GRPC(TENSORFLOW, "tensorflow", FAMILY_AI, "TensorFlow, models or computation", PORTS(8500),
     "TensorFlow", PACKAGES("/tensorflow."),
     {"serving.ModelService/HandleReloadConfigRequest", GRPC_EXECUTES, NULL},
     {"serving.*", GRPC_LISTS, NULL},
     {"*/RunStep", GRPC_EXECUTES, NULL},
     {"*/RunGraph", GRPC_EXECUTES, NULL},
     {"*/RegisterGraph", GRPC_EXECUTES, NULL},
     {"eager.EagerService/Enqueue", GRPC_EXECUTES, NULL})

GRPC(SPARK, "spark", FAMILY_ORCHESTRATION, "Spark Connect", PORTS(15002), "Spark",
     PACKAGES("/spark.connect."),
     {"*/ExecutePlan", GRPC_EXECUTES, NULL},
     {"*/AddArtifacts", GRPC_EXECUTES, NULL},
     {"*/AnalyzePlan", GRPC_LISTS, NULL},
     {"*/Config", GRPC_LISTS, NULL})

GRPC(ROCKETMQ, "rocketmq", FAMILY_QUEUE, "RocketMQ over gRPC", NULL, "RocketMQ",
     PACKAGES("/apache.rocketmq."),
     {"*/ReceiveMessage", GRPC_LISTS, NULL})

GRPC(PUBSUB, "pubsub", FAMILY_QUEUE, "Google's Pub/Sub interface", PORTS(8085), "Pub/Sub",
     PACKAGES("/google.pubsub."),
     {"*/Delete*", GRPC_DESTROYS, NULL},
     {"*/List*", GRPC_LISTS, NULL},
     {"*/*Pull", GRPC_LISTS, NULL})

GRPC(FIRESTORE, "firestore", FAMILY_DATABASE, "Google's Firestore interface", NULL, "Firestore",
     PACKAGES("/google.firestore."),
     {"*/Delete*", GRPC_DESTROYS, NULL},
     {"*/Get*", GRPC_LISTS, NULL},
     {"*/List*", GRPC_LISTS, NULL},
     {"*/Run*", GRPC_LISTS, NULL})

GRPC(BIGTABLE, "bigtable", FAMILY_DATABASE, "Google's Bigtable interface", NULL, "Bigtable",
     PACKAGES("/google.bigtable."),
     {"*/Delete*", GRPC_DESTROYS, NULL},
     {"*/DropRowRange", GRPC_DESTROYS, NULL},
     {"*/Read*", GRPC_LISTS, NULL},
     {"*/List*", GRPC_LISTS, NULL})

GRPC(SPANNER, "spanner", FAMILY_DATABASE, "Google's Spanner interface", NULL, "Spanner",
     PACKAGES("/google.spanner."),
     {"*/Drop*", GRPC_DESTROYS, NULL},
     {"*Execute*Sql", GRPC_LISTS, NULL},
     {"*Read", GRPC_LISTS, NULL},
     {"*/List*", GRPC_LISTS, NULL})

GRPC(YDB, "ydb", FAMILY_DATABASE, "YDB", PORTS(2136), "YDB", PACKAGES("/Ydb."),
     {"*/WhoAmI", GRPC_OPEN, NULL},
     {"*/Login", GRPC_LOGIN, NULL},
     {"*/Drop*", GRPC_DESTROYS, NULL},
     {"*/Execute*", GRPC_LISTS, NULL},
     {"*/*Read*", GRPC_LISTS, NULL},
     {"*/List*", GRPC_LISTS, NULL})
/* clang-format on */
