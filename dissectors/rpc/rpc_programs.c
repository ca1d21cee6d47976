/* SPDX-License-Identifier: ISC */
/*
 * Programs of ONC RPC and their procedures: RFC 1833 (portmap, rpcbind), RFC 1094 and 1813 (NFS 2
 * and 3, MOUNT), RFC 7530 (NFS 4). Numbers: IANA "Remote Procedure Call (RPC) Numbers".
 */
#include "dissectors/rpc/rpc.h"

static const uint16_t portmap_ports[] = {111, 0};
static const uint16_t nfs_ports[] = {2049, 0};
static const uint16_t mount_ports[] = {20048, 0};
static const uint16_t gluster_ports[] = {24007, 24008, 49152, 0};

enum { SERVICE_RPC, SERVICE_PORTMAP, SERVICE_NFS, SERVICE_MOUNT, SERVICE_GLUSTER };

const struct service rpc_services[RPC_SERVICES] = {
	[SERVICE_RPC] =
		{
			.name = "rpc",
			.family = FAMILY_STORAGE,
			.also = (const char *const[]){"nfs", "sunrpc", NULL},
			.about = "ONC RPC service: lock manager, quotas, NIS and others",
		},
	[SERVICE_PORTMAP] =
		{
			.name = "portmap",
			.family = FAMILY_STORAGE,
			.met = true,
			.about = "ONC RPC port mapper (rpcbind)",
			.identifier = "open-portmapper",
			.ports = portmap_ports,
		},
	[SERVICE_NFS] =
		{
			.name = "nfs",
			.family = FAMILY_STORAGE,
			.met = true,
			.about = "NFS file server",
			.ports = nfs_ports,
		},
	[SERVICE_MOUNT] =
		{
			.name = "mount",
			.family = FAMILY_STORAGE,
			.about = "NFS mount daemon",
			.ports = mount_ports,
		},
	[SERVICE_GLUSTER] =
		{
			.name = "glusterd",
			.family = FAMILY_STORAGE,
			.about = "GlusterFS management and bricks",
			.ports = gluster_ports,
		},
};

static const struct rpc_program programs[] = {
	{100000, 4, &rpc_services[SERVICE_PORTMAP]},
	{100003, 4, &rpc_services[SERVICE_NFS]},
	{100005, 3, &rpc_services[SERVICE_MOUNT]},
	{100227, 3, &rpc_services[SERVICE_NFS]},      /* its access control lists */
	{100001, 4, &rpc_services[SERVICE_RPC]},      /* rstat */
	{100002, 3, &rpc_services[SERVICE_RPC]},      /* rusers */
	{100004, 2, &rpc_services[SERVICE_RPC]},      /* ypserv */
	{100007, 2, &rpc_services[SERVICE_RPC]},      /* ypbind */
	{100009, 2, &rpc_services[SERVICE_RPC]},      /* yppasswd */
	{100011, 2, &rpc_services[SERVICE_RPC]},      /* rquota */
	{100021, 4, &rpc_services[SERVICE_RPC]},      /* lock manager */
	{100024, 1, &rpc_services[SERVICE_RPC]},      /* status */
	{100068, 5, &rpc_services[SERVICE_RPC]},      /* calendar manager */
	{100083, 1, &rpc_services[SERVICE_RPC]},      /* ToolTalk */
	{100232, 10, &rpc_services[SERVICE_RPC]},     /* sadmind */
	{1238433, 4, &rpc_services[SERVICE_GLUSTER]}, /* management */
	{1238437, 4, &rpc_services[SERVICE_GLUSTER]},
	{1238463, 4, &rpc_services[SERVICE_GLUSTER]},	/* its command line */
	{1298437, 400, &rpc_services[SERVICE_GLUSTER]}, /* files */
	{14398633, 4, &rpc_services[SERVICE_GLUSTER]},	/* handshake */
	{34123456, 4, &rpc_services[SERVICE_GLUSTER]},	/* port mapper */
	{123451501, 4, &rpc_services[SERVICE_GLUSTER]}, /* dump of programs */
};

#define LISTS	 COMMAND_LISTING
#define DESTROYS COMMAND_DESTRUCTIVE

static const struct rpc_procedure portmap_procedures[] = {
	{.name = "NULL"},
	{.name = "SET"},
	{.name = "UNSET"},
	{.name = "GETPORT"},
	{.name = "DUMP", .flags = LISTS, .data = true},
	{.name = "CALLIT"},
};

static const struct rpc_procedure mount_procedures[] = {
	{.name = "NULL"},
	{.name = "MNT", .status = true, .path = true},
	{.name = "DUMP", .flags = LISTS, .data = true},
	{.name = "UMNT", .path = true},
	{.name = "UMNTALL"},
	{.name = "EXPORT", .flags = LISTS, .data = true},
};

/* Without the rare and the harmless: there is room for a dozen. */
static const struct rpc_procedure nfs2_procedures[] = {
	[1] = {.name = "GETATTR", .status = true},
	[2] = {.name = "SETATTR", .status = true},
	[4] = {.name = "LOOKUP", .status = true},
	[6] = {.name = "READ", .flags = LISTS, .data = true, .status = true},
	[8] = {.name = "WRITE", .status = true},
	[9] = {.name = "CREATE", .status = true},
	[10] = {.name = "REMOVE", .flags = DESTROYS, .status = true},
	[11] = {.name = "RENAME", .status = true},
	[14] = {.name = "MKDIR", .status = true},
	[15] = {.name = "RMDIR", .flags = DESTROYS, .status = true},
	[16] = {.name = "READDIR", .flags = LISTS, .data = true, .status = true},
	[17] = {.name = "STATFS", .status = true},
};

static const struct rpc_procedure nfs3_procedures[] = {
	[1] = {.name = "GETATTR", .status = true},
	[2] = {.name = "SETATTR", .status = true},
	[3] = {.name = "LOOKUP", .status = true},
	[6] = {.name = "READ", .flags = LISTS, .data = true, .status = true},
	[7] = {.name = "WRITE", .status = true},
	[8] = {.name = "CREATE", .status = true},
	[9] = {.name = "MKDIR", .status = true},
	[10] = {.name = "SYMLINK", .status = true},
	[12] = {.name = "REMOVE", .flags = DESTROYS, .status = true},
	[13] = {.name = "RMDIR", .flags = DESTROYS, .status = true},
	[14] = {.name = "RENAME", .status = true},
	[16] = {.name = "READDIR", .flags = LISTS, .data = true, .status = true},
	[17] = {.name = "READDIRPLUS", .flags = LISTS, .data = true, .status = true},
};

static const struct rpc_procedure nfs4_procedures[] = {
	{.name = "NULL"},
	{.name = "COMPOUND", .status = true},
};

static const struct rpc_procedure gluster_handshake[] = {
	[1] = {.name = "SETVOLUME"},
	[2] = {.name = "GETSPEC", .flags = LISTS, .data = true},
};

static const struct rpc_procedure gluster_dump[] = {
	[1] = {.name = "DUMP"},
};

struct table {
	uint32_t program, version; /* 0: any */
	const struct rpc_procedure *procedures;
	size_t count;
};
#define TABLE(program, version, table)                                                             \
	{                                                                                          \
		(program), (version), (table), sizeof(table) / sizeof *(table)                     \
	}

static const struct table tables[] = {
	TABLE(100000, 0, portmap_procedures), TABLE(100005, 0, mount_procedures),
	TABLE(100003, 2, nfs2_procedures),    TABLE(100003, 3, nfs3_procedures),
	TABLE(100003, 4, nfs4_procedures),    TABLE(14398633, 0, gluster_handshake),
	TABLE(123451501, 0, gluster_dump),
};

const struct rpc_program *rpc_program_find(uint32_t number)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (programs[i].number == number)
			return &programs[i];
	}
	return NULL;
}

struct rpc_procedure rpc_procedure_find(const struct rpc_call *call)
{
	static const struct rpc_procedure nothing = {.name = NULL};
	static const struct rpc_procedure address = {.name = "GETADDR"};

	if (call->program == 100000 && call->version > 2 && call->procedure == 3)
		return address;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		const struct table *table = &tables[i];

		if (table->program != call->program ||
		    (table->version != 0 && table->version != call->version))
			continue;
		return call->procedure < table->count ? table->procedures[call->procedure]
						      : nothing;
	}
	return nothing;
}
