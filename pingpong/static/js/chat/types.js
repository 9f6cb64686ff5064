/**
 * What chat is about, as the API and the sockets show it.
 * @typedef {{id: string, username: string, name: string, online: boolean, read_seq: number}} Person
 * @typedef {{id: string, seq: number, sender: {id: string, username: string}, text: string, sent_at: string,
 *   edited_at: string | null, deleted_at: string | null, client_id: string | null}} Message
 * @typedef {{id: string, name: string | null, is_group: boolean, owner_id: string | null, participants: Person[],
 *   last_message: Message | null, unread_count: number}} Conversation
 */
export {};
