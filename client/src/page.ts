/** Which part of a list. */
export interface PageQuery {
  /** Items a page, 1 to 100; 50 where absent. */
  limit?: number;
  /** `next_cursor` of the page before. */
  cursor?: string;
}

export interface Page<Item> {
  items: Item[];
  /** null on the last page. */
  next_cursor: string | null;
}
