/** Selects a part of a list. */
export interface PageQuery {
  /** Items per page, 1 to 100; default: 50. */
  limit?: number;
  /** `next_cursor` of the previous page. */
  cursor?: string;
}

export interface Page<Item> {
  items: Item[];
  /** null on the last page. */
  next_cursor: string | null;
}
