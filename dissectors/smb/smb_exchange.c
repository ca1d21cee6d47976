/* SPDX-License-Identifier: ISC */
/* Which answer belongs to which request, and who is let in: the same for all versions of SMB. */
#include "dissectors/smb/smb.h"

void smb_note(struct smb *smb, struct facts *facts, uint32_t id, const char *name, unsigned flags)
{
	int handle = facts_command(facts, name, strlen(name), flags);

	answers_put(&smb->pending, id, handle, strcmp(name, "QUERY_DIRECTORY") == 0);
}

bool smb_settle(struct smb *smb, struct facts *facts, uint32_t id, bool accepted)
{
	struct answers_numbered row;
	bool listing = false;

	while (answers_take(&smb->pending, id, &row)) {
		listing |= row.kind != 0;
		facts_command_result(facts, row.handle, accepted);
	}
	return listing;
}

void smb_let_in(struct smb *smb, struct facts *facts, bool guest, bool signed_answer)
{
	if (guest || smb->null_user)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else if (smb->asked || signed_answer)
		facts_login(facts, true);
	else /* perhaps a null session, whose log-in went unseen */
		facts_set_auth(facts, AUTH_UNKNOWN);
	smb->null_user = smb->asked = false;
}
